"""The load generator beside others, side by side in one run on one machine: `python -m bench.load`.

Client on one core, ground truth on another; every figure comes from the log of the ground truth, from the kernel's
account of the client process, or from what the client itself reports, and the last is what is held against the others.
Rounds are interleaved, so that a machine that grows busy disturbs all sides alike; medians are compared, as ratios.
"""
