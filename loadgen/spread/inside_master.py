"""Inside the Locust master: carries messages between the process that started it and the workers."""

from __future__ import annotations

import os
import signal
import socket
from typing import TYPE_CHECKING, Any

import gevent
from gevent.queue import Queue
from locust.runners import STATE_MISSING, MasterRunner

from seatrial.loadgen.spread.messages import CHANNEL, FD, FromMaster, Said, Seen, Up, encode, read_say
from seatrial.loadgen.spread.wire import Wire

if TYPE_CHECKING:
    from locust.rpc import Message

__all__ = ["Exchange"]

LOOK_EVERY = 0.5


class Exchange:
    """Carries the messages of a master.

    Args:
        runner: Locust's side.
    """

    def __init__(self, runner: MasterRunner) -> None:
        if FD not in os.environ:
            raise SystemExit("this locustfile needs no master of its own: loadgen --distributed starts it")
        self._runner = runner
        self._wire = Wire(socket.socket(fileno=int(os.environ.pop(FD))))
        self._outbox: Queue[FromMaster] = Queue()
        runner.register_message(CHANNEL, self._said)
        for greenlet in (self._write, self._read, self._watch):
            gevent.spawn(greenlet)
        self._outbox.put(Up())

    def _said(self, msg: Message, **_: Any) -> None:
        self._outbox.put(Said(msg.node_id, msg.data["word"]))

    def _write(self) -> None:
        try:
            while True:
                self._wire.send(encode(self._outbox.get()))
        except EOFError:
            return  # `_read` sees it too

    def _read(self) -> None:
        try:
            while (data := self._wire.receive()) is not None:
                word = read_say(data)
                self._runner.send_message(CHANNEL, {"word": word.data}, word.who)
        except EOFError:
            # Whoever started this is gone, and nobody wants the load any more.
            os.kill(os.getpid(), signal.SIGTERM)

    def _watch(self) -> None:
        """Tell whose heart beats, whenever that changes: Locust itself tells nobody that a worker went missing."""
        before: tuple[str, ...] = ()
        while True:
            here = tuple(sorted(each.id for each in self._runner.clients.all if each.state != STATE_MISSING))
            if here != before:
                self._outbox.put(Seen(here))
                before = here
            gevent.sleep(LOOK_EVERY)
