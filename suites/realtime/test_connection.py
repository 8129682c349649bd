"""Judges the clauses on the port and its connections."""

from seatrial.conformance.api import Boot, BootEnd, End, Limits, TrialFacts, Trouble, broken, clause, expect, observed
from seatrial.suites.realtime.reasons import Reason
from seatrial.suites.realtime.scenarios.connection import (
    BacklogSeen,
    BindsSeen,
    ConnectSeen,
    IdleClientsSeen,
    KeepAliveSeen,
)
from seatrial.suites.realtime.scenarios.ping import FormsSeen

NOT_THERE = {Trouble.REFUSED, Trouble.UNREACHABLE}
NOT_HTTP = {Trouble.GARBAGE, Trouble.NO_ANSWER}


@clause("port.not-loopback")
def test_not_loopback(boot: Boot, limit: Limits, binds: BindsSeen | None = None) -> None:
    """A server on loopback alone was refused from outside, or from another loopback address."""
    if binds is not None and binds.elsewhere is not None:
        broken(
            Reason.LOOPBACK_BIND,
            expected="a listener that is reached on any address of the host",
            observed=f"127.0.0.1:{binds.port} answers, 127.0.0.2:{binds.port} does not ({binds.elsewhere})",
        )
    listeners = (boot.autopsy.listeners if boot.autopsy else None) or ()
    here = [one for one in listeners if one.port == limit.port]
    if boot.end is BootEnd.WRONG_BIND and here and all(one.loopback for one in here):
        broken(
            Reason.LOOPBACK_BIND,
            expected=f"a listener on port {limit.port:.0f} that the outside can reach",
            observed=" and ".join(f"{one.host}:{one.port}" for one in here),
        )


@clause("port.listens-on-8080")
def test_listens_on_8080(boot: Boot, facts: TrialFacts) -> None:
    """Something that speaks HTTP answered on the port that was dialled, or nothing listened anywhere yet."""
    if boot.first is not None:
        return
    met = {run.trouble for run in boot.runs}
    port = "port 8080" if facts.subject.kind == "image" else "the port that was dialled"
    if met & NOT_HTTP and boot.last is not None:
        broken(
            Reason.NOT_HTTP, expected=f"HTTP/1.1 in plain text on {port}", observed=boot.last.summary, proof=boot.last
        )
    listeners = boot.autopsy.listeners if boot.autopsy else None
    if boot.end is not BootEnd.EXITED and met <= NOT_THERE and listeners != ():
        elsewhere = ", ".join(f"{one.host}:{one.port}" for one in listeners or ())
        broken(
            Reason.WRONG_PORT,
            expected=f"a listener on {port}",
            observed=f"connection refused, listening on {elsewhere}" if elsewhere else "connection refused",
        )


@clause("port.ignores-host")
def test_ignores_host(ping_forms: FormsSeen) -> None:
    """Every Host header brings the status that the platform's own brings."""
    wanted = ping_forms.plain.status
    for name, exchange in ping_forms.hosts:
        expect(exchange.status, f"{exchange.summary} for Host: {name}", proof=exchange).to_be(
            wanted, reason=Reason.HOST_CHECKED, expected=f"{wanted} as for Host: model.aws.local:8080"
        )
    if ping_forms.old.status != wanted:
        observed(f"a warning: HTTP/1.0 without Host brings {ping_forms.old.summary}")


@clause("port.accepts-at-once")
def test_accepts_at_once(connect: ConnectSeen, limit: Limits) -> None:
    """No connect to the idle server took longer than the platform waits."""
    late = connect.idle.late(limit.accept_ms)
    expect(late, f"{late} of {limit.connects:.0f} were late, the slowest {connect.idle.slowest}").to_be(
        0, reason=Reason.SLOW_ACCEPT, expected=f"each accepted within {limit.accept_ms:g} ms"
    )
    observed(f"slowest accept {connect.idle.slowest}")


@clause("port.accepts-when-busy")
def test_accepts_when_busy(backlog: BacklogSeen, limit: Limits) -> None:
    """Nor did one while other clients kept the server busy."""
    late = backlog.busy.late(limit.accept_ms)
    expect(late, f"{late} of {limit.connects:.0f} were late, the slowest {backlog.busy.slowest}").to_be(
        0, reason=Reason.SLOW_ACCEPT, expected=f"each accepted within {limit.accept_ms:g} ms"
    )
    observed(f"slowest accept {backlog.busy.slowest}")


@clause("port.burst")
def test_burst(backlog: BacklogSeen, limit: Limits) -> None:
    """A hundred connects at once are all accepted, and none is reset."""
    late, reset = backlog.burst.late(limit.accept_ms), backlog.burst.reset
    expect(late, f"{late} of {limit.connects:.0f} were late, the slowest {backlog.burst.slowest}").to_be(
        0, reason=Reason.BACKLOG_FULL, expected=f"each accepted within {limit.accept_ms:g} ms"
    )
    expect(reset, f"{reset} of {limit.connects:.0f} were reset").to_be(
        0, reason=Reason.BACKLOG_FULL, expected="none reset"
    )


@clause("port.keep-alive")
def test_keep_alive(keep_alive: KeepAliveSeen) -> None:
    """A kept connection is closed in order or serves the next request: no reset, no lost or muddled answer."""
    for loss in keep_alive.lost:
        expect(loss, f"{loss.exchange.summary} after {loss.after}", proof=loss.exchange).to_be_empty(
            reason=Reason.CONNECTION_LOST,
            expected="an answer on the connection that stands, or an orderly close before",
        )
    expect(keep_alive.resets, f"a reset after {', '.join(keep_alive.resets)}").to_be_empty(
        reason=Reason.CONNECTION_LOST, expected="a connection that ends in order"
    )
    for loss in keep_alive.muddled:
        expect(loss, f"{loss.exchange.summary} after {loss.after}", proof=loss.exchange).to_be_empty(
            reason=Reason.CONNECTION_MUDDLED, expected="200 for a ping, as on a fresh connection"
        )
    closed = "kept" if keep_alive.after_idle is End.OPEN else "closed"
    observed(f"{keep_alive.requests} requests on {keep_alive.connections} connections; {closed} during 6 s of silence")


@clause("port.idle-clients")
def test_idle_clients(idle_clients: IdleClientsSeen, limit: Limits) -> None:
    """Clients that say nothing, or half of something, hold up nobody else."""
    for ping in idle_clients.pings:
        expect(ping.status, proof=ping).to_be(
            200, reason=Reason.IDLE_CLIENTS_BLOCK,
            expected=f"200 within {limit.ping_timeout_s:g} s beside {idle_clients.holding} clients that stand idle",
        )  # fmt: skip
