"""What the kernel says about processes and their sockets, read from `/proc`.

Everything here reads a moment of a moving thing: processes vanish between two lines, so a file that is gone means a
process that is gone. Nothing here knows what a container or a launcher is: callers say which process ids they mean.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from seatrial.conformance.subject.launcher import Listener, OnTerm, Process

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Socket", "descendants", "in_cgroup", "listeners", "outgoing", "parse_sockets", "process", "sockets"]

PROC = Path("/proc")
CHUNK = 1 << 16
PAGE = os.sysconf("SC_PAGE_SIZE")
ESTABLISHED, SYN_SENT, LISTEN = 1, 2, 10
TERM_BIT = 1 << (signal.SIGTERM - 1)


@dataclass(frozen=True)
class Socket:
    """One line of a socket table. `state` is the kernel's number; `inode` names the socket to its owners."""

    host: str
    port: int
    remote_host: str
    remote_port: int
    state: int
    inode: int


def pids() -> list[int]:
    """Every process id, smallest first."""
    return sorted(int(name) for name in os.listdir(PROC) if name.isdigit())  # noqa: PTH208  (asked hundreds of times)


def in_cgroup(name: str) -> list[int]:
    """The processes whose control group carries `name` (a container id), smallest id first."""
    return [pid for pid in pids() if name in _text(pid, "cgroup")]


def descendants(root: int) -> list[int]:
    """The processes below `root`, parents before children; `root` itself left out."""
    children: dict[int, list[int]] = {}
    for pid in pids():
        children.setdefault(_parent(pid), []).append(pid)
    found = list(children.get(root, []))
    for pid in found:  # grows while it is walked
        found += children.get(pid, [])
    return found


def process(pid: int, *, inside: bool = False) -> Process | None:
    """One process; None where it is gone or only waits to be reaped.

    Args:
        pid: as this host numbers it.
        inside: number it and its parent as its own pid namespace does.
    """
    fields = dict(line.partition(":\t")[::2] for line in _text(pid, "status").splitlines())
    if not fields or fields.get("State", "Z")[:1] in "ZX":
        return None
    parent = int(fields["PPid"])
    argv = tuple(_text(pid, "cmdline").rstrip("\0").split("\0"))
    return Process(
        pid=inner_pid(pid) if inside else pid,
        parent=(inner_pid(parent) if process_namespace(parent) == process_namespace(pid) else 0) if inside else parent,
        argv=argv if argv != ("",) else (f"[{fields.get('Name', '').strip()}]",),
        rss_bytes=int(fields.get("VmRSS", "0 kB").split()[0]) * 1024,
        threads=int(fields.get("Threads", "0")),
        open_files=_count_files(pid),
        on_term=_on_term(fields),
    )


def _on_term(fields: dict[str, str]) -> OnTerm:
    """What the masks of caught and ignored signals say of SIGTERM."""
    if "SigCgt" not in fields:
        return OnTerm.UNKNOWN
    if int(fields["SigCgt"], 16) & TERM_BIT:
        return OnTerm.HANDLED
    return OnTerm.IGNORED if int(fields["SigIgn"], 16) & TERM_BIT else OnTerm.DEFAULT


def inner_pid(pid: int) -> int:
    """The id of a process in its own pid namespace; 0 where it is gone."""
    for line in _text(pid, "status").splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return 0


def process_namespace(pid: int) -> str:
    """Names the pid namespace of a process; empty where it cannot be read."""
    try:
        return str((PROC / str(pid) / "ns" / "pid").readlink())
    except OSError:
        return ""


def rss(pid: int) -> int:
    """Resident bytes of a process; 0 where it is gone."""
    fields = _text(pid, "statm").split()
    return int(fields[1]) * PAGE if fields else 0


def sockets(pid: int) -> tuple[Socket, ...]:
    """The TCP sockets of the network that process `pid` lives in."""
    return parse_sockets(_text(pid, "net/tcp") + _text(pid, "net/tcp6"))


def parse_sockets(table: str) -> tuple[Socket, ...]:
    """Decode `/proc/net/tcp` and `/proc/net/tcp6`, one after the other or alone."""
    found = []
    for line in table.splitlines():
        fields = line.split()
        if len(fields) < 10 or not fields[0].endswith(":"):
            continue
        host, port = _endpoint(fields[1])
        remote, remote_port = _endpoint(fields[2])
        found.append(Socket(host, port, remote, remote_port, int(fields[3], 16), int(fields[9])))
    return tuple(found)


def listeners(table: Iterable[Socket], owners: dict[int, int] | None = None) -> tuple[Listener, ...]:
    """The listening sockets of a table; `owners` maps an inode to a process id."""
    return tuple(
        Listener(socket.host, socket.port, (owners or {}).get(socket.inode))
        for socket in table
        if socket.state == LISTEN
    )


def outgoing(table: Iterable[Socket]) -> tuple[str, ...]:
    """Remote `host:port` of the connections opened from here, or being opened; loopback left out."""
    table = tuple(table)
    served = {socket.port for socket in table if socket.state == LISTEN}
    return tuple(
        sorted(
            {
                f"[{socket.remote_host}]:{socket.remote_port}"
                if ":" in socket.remote_host
                else f"{socket.remote_host}:{socket.remote_port}"
                for socket in table
                if socket.state in {ESTABLISHED, SYN_SENT}
                and socket.port not in served
                and not ipaddress.ip_address(socket.remote_host).is_loopback
            }
        )
    )


def socket_owners(processes: Iterable[int]) -> dict[int, int]:
    """Which of these processes holds which socket: inode to process id, the first holder where several share it."""
    owners: dict[int, int] = {}
    for pid in processes:
        with contextlib.suppress(OSError):
            for entry in os.scandir(PROC / str(pid) / "fd"):
                with contextlib.suppress(OSError):
                    target = os.readlink(entry.path)  # noqa: PTH115  (twice as quick, over thousands of files)
                    if target.startswith("socket:["):
                        owners.setdefault(int(target[8:-1]), pid)
    return owners


def _endpoint(text: str) -> tuple[str, int]:
    """Decode `0100007F:1F90`: 32-bit words in the host's byte order, which is little-endian on every platform here."""
    address, _, port = text.partition(":")
    words = bytes.fromhex(address)
    raw = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
    ip = ipaddress.ip_address(raw)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return str(mapped or ip), int(port, 16)


def _parent(pid: int) -> int:
    _, _, rest = _text(pid, "stat").rpartition(")")
    fields = rest.split()
    return int(fields[1]) if len(fields) > 1 else 0


def _count_files(pid: int) -> int:
    try:
        return len(os.listdir(PROC / str(pid) / "fd"))  # noqa: PTH208  (only the count matters)
    except OSError:
        return 0


def _text(pid: int, name: str) -> str:
    try:
        number = os.open(f"{PROC}/{pid}/{name}", os.O_RDONLY)
    except OSError:
        return ""
    try:
        chunks = iter(lambda: os.read(number, CHUNK), b"")
        return b"".join(chunks).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(number)
