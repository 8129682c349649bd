"""The engine of transformers and PEFT: any model that transformers knows, on any device that torch knows.

Rows that wait together make one batch, and the next batch begins when that one has ended.
"""

from seatrial.reference_server.backends.llm.torch.engine import TorchEngine

__all__ = ["TorchEngine"]
