"""The engine without torch: models of the Llama family in numpy, on the processor.

For small models it is the quickest, because nothing stands between two matrix products. Rows join and leave between two
steps, and rows with different adapters share each step.
"""

from seatrial.reference_server.backends.llm.light.engine import LightEngine

__all__ = ["LightEngine"]
