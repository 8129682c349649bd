from __future__ import annotations

import os
import socket
import subprocess
import sys

from seatrial.conformance.subject import procfs
from seatrial.conformance.subject.launcher import Listener

TABLE = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0
   1: 00000000:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0 100 0 0 10 0
   2: 020012AC:1F91 010012AC:C350 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 100 0 0 10 0
   3: 020012AC:C351 0A0200C0:01BB 02 00000000:00000000 00:00000000 00000000     0        0 104 1 0 100 0 0 10 0
   4: 0100007F:C352 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 105 1 0 100 0 0 10 0
   5: 020012AC:C353 0A0200C0:01BB 06 00000000:00000000 00:00000000 00000000     0        0 0 1 0 100 0 0 10 0
  sl  local_address                         remote_address                        st tx_queue rx_queue tr
   0: 00000000000000000000000000000000:1F92 00000000000000000000000000000000:0000 0A 00:0 00:0 00 0 0 106 1
   1: 0000000000000000FFFF0000020012AC:C354 0000000000000000FFFF0000070200C0:0050 01 00:0 00:0 00 0 0 107 1
   2: B80D0120000000000000000001000000:C355 B80D0120000000000000000002000000:0050 02 00:0 00:0 00 0 0 108 1
"""


def test_a_socket_table_is_decoded():
    listening = procfs.listeners(procfs.parse_sockets(TABLE), {101: 7})
    assert listening == (Listener("127.0.0.1", 8080, 7), Listener("0.0.0.0", 8081), Listener("::", 8082))
    assert [listener.loopback for listener in listening] == [True, False, False]


def test_outgoing_connections_leave_out_callers_loopback_and_what_is_over():
    assert procfs.outgoing(procfs.parse_sockets(TABLE)) == ("192.0.2.10:443", "192.0.2.7:80", "[2001:db8::2]:80")


def test_our_own_listener_is_found_with_its_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        owners = procfs.socket_owners([os.getpid()])
        assert Listener("127.0.0.1", port, os.getpid()) in procfs.listeners(procfs.sockets(os.getpid()), owners)


def test_a_process_is_described():
    found = procfs.process(os.getpid())
    assert found is not None
    assert found.parent == os.getppid()
    assert found.rss_bytes > 2**20
    assert found.threads >= 1
    assert found.open_files > 2


def test_a_process_that_is_gone_is_none():
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert procfs.process(child.pid) is None
    assert procfs.rss(child.pid) == 0


def test_a_process_that_waits_to_be_reaped_is_none():
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert procfs.process(child.pid) is None
    finally:
        child.wait()


def test_descendants_are_found_parents_first():
    program = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    child = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE)
    try:
        while not (grandchildren := procfs.descendants(child.pid)):
            assert child.poll() is None
        below = procfs.descendants(os.getpid())  # other tests of this process may have children of their own
        assert below.index(child.pid) < below.index(grandchildren[0])
    finally:
        child.communicate(b"\n")
