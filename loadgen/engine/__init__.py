"""Sends each request at its intended time and stamps what comes back; nothing here can wait, so nothing here parses.

reactor     waits for sockets and for the next intended time
stamps      the kernel's receive stamps, on the clock of the schedule
connection  one socket: send, receive, stamp, tell the engine
tls         the same through TLS, with the same stamps
engine      which row goes over which connection, and when
notes       what the engine notes of itself: loop lag, CPU, collections
"""
