"""Messages between two processes of one machine: a length, then bytes, over a pair of sockets."""

from __future__ import annotations

import contextlib
import socket
import struct

__all__ = ["Wire"]

HEAD = struct.Struct("<I")
READ = 1 << 18


class Wire:
    """One end.

    Args:
        sock: a connected stream socket; it is this object's from here on.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(True)
        self._sock, self._data = sock, bytearray()

    def fileno(self) -> int:
        """Return the descriptor, so that a wire can be waited for."""
        return self._sock.fileno()

    def send(self, message: bytes) -> None:
        """Send one message, and wait until it is on its way.

        Raises:
            EOFError: nobody is at the other end.
        """
        self._patience(None)
        try:
            self._sock.sendall(HEAD.pack(len(message)) + message)
        except OSError as error:
            raise EOFError from error

    def receive(self, timeout: float | None = None) -> bytes | None:
        """Return the next message; None where none has come in time.

        Args:
            timeout: seconds to wait; 0 only looks; None waits for as long as it takes.

        Raises:
            EOFError: there will be no more.
        """
        while True:
            end = HEAD.size + (HEAD.unpack_from(self._data)[0] if len(self._data) >= HEAD.size else 0)
            if HEAD.size < end <= len(self._data):
                message = bytes(self._data[HEAD.size : end])
                del self._data[:end]
                return message
            self._patience(timeout)
            try:
                data = self._sock.recv(READ)
            except (BlockingIOError, TimeoutError):
                return None
            except OSError as error:
                raise EOFError from error
            if not data:
                raise EOFError
            self._data += data

    def hang_up(self) -> None:
        """End the talk for both sides, whoever else holds the socket."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Hang up, and give the socket back."""
        self.hang_up()
        self._sock.close()

    def _patience(self, timeout: float | None) -> None:
        if self._sock.gettimeout() != timeout:
            self._sock.settimeout(timeout)
