"""A locustfile: FastHttpUser, 128 bytes a post, as fast as it can; with PACE in the environment, so often a second."""

from __future__ import annotations

import os

from locust import FastHttpUser, constant, constant_throughput, task

BODY = b"x" * 128
PACE = float(os.environ.get("PACE", "0"))


class Poster(FastHttpUser):
    """One user."""

    wait_time = constant_throughput(PACE) if PACE else constant(0)

    @task
    def post(self) -> None:
        """One request."""
        self.client.post("/invocations", data=BODY)  # type: ignore[arg-type]  # it takes bytes as well
