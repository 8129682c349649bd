"""Trials from outside, on a tiny contract."""

collect_ignore = ["tiny"]  # its clauses are collected by trials
