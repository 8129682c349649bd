"""The throughput of a ready subject: how it is loaded, what is read of it, and how it compares with an earlier one.

Load is put on by the load generator in a process of its own (`python -m seatrial.loadgen`), whose published JSON is
read; nothing of it is imported. Nothing here prints or renders.
"""
