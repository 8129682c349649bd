from dataclasses import dataclass

from seatrial.conformance.api import Drive, Exchange, RawRequest, Untested, scenario, untested


@dataclass(frozen=True)
class Echo:
    sent: bytes
    exchange: Exchange


@dataclass(frozen=True)
class Pause:
    exchange: Exchange


@dataclass(frozen=True)
class Slow:
    exchange: Exchange


@scenario("echo", sees=Echo)
def echo(drive: Drive) -> Echo:
    body = b"hello"
    return Echo(body, drive.client.send(RawRequest("POST", "/invocations", body=body), timeout=5.0))


@scenario("slow", sees=Slow, inputs=("slow-sample",))
def slow(drive: Drive) -> Slow:
    return Slow(drive.invoke(drive.slow_sample))


@scenario("pause", sees=Pause, waits=60.0, soak=False)
def pause(drive: Drive) -> Pause:
    if drive.options.soak:
        drive.wait(60.0)
    if drive.stopping.is_set():
        untested(Untested.PREREQUISITE, "the trial was given up")
    return Pause(drive.ping())
