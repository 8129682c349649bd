"""The locustfile of `loadgen --distributed`: its master starts with it, and workers get it from the master.

    locust -f - --worker --master-host HOST

Nothing else is here, as this text alone travels: the rest is in the package, which a worker has installed.
"""

from __future__ import annotations

from locust import events

from seatrial.loadgen.spread.inside_worker import EngineUser, attach

__all__ = ["EngineUser"]

events.init.add_listener(attach)  # type: ignore[no-untyped-call]  # Locust's
