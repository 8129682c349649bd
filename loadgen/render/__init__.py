"""What people and machines see of a run: the live view, the final table, and the files.

Everything here is made from plain values (`Snapshot`, `Result`, the recorded columns) and touches no socket. Progress
goes to standard error, results go to standard output, so that a pipe gets the result and nothing else.
"""
