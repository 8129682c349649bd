"""What is sent: bodies from files, data sets, generators and plug-ins, all made before the run.

    --body, --dataset, --rows, --prompt-tokens, --payload ─→ options ─→ Payloads
                                                             (which      (bodies, media types, workloads,
                                                              source)     and which request sends which)

No source given: `seatrial.loadgen.probe` tries known shapes at the target.
"""

from seatrial.loadgen.payload.payloads import Order, Payloads

__all__ = ["Order", "Payloads"]
