"""Renderers: they turn the plain values of a finished trial into files that people and machines read.

Everything here is derived from one `TrialResult`. The harness never imports this room; it is loaded as a pytest plugin
(`seatrial.reports.plugin`) that listens to the hooks of `seatrial.conformance.events`.
"""
