"""seatrial: says whether a model-hosting container keeps the hosting contract, why not, and how much load it carries.

The five rooms of the project are linked here, so that everything has one import name: `seatrial.conformance`,
`seatrial.suites`, `seatrial.reference_server`, `seatrial.loadgen` and `seatrial.reports`.
"""

__version__ = "0.1.0"
