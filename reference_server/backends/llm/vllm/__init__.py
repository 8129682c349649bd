"""The engine of vLLM, for GPUs; its build for the processor works too."""

from seatrial.reference_server.backends.llm.vllm.engine import VllmEngine, create

__all__ = ["VllmEngine", "create"]
