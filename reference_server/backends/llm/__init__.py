"""Language models behind one small interface: what is asked and answered here, what computes inside an `Engine`."""

import os
from pathlib import Path

from seatrial.reference_server.backends.choice import SAMPLE_FOLDER, SAMPLE_LLM
from seatrial.reference_server.backends.llm import engines
from seatrial.reference_server.backends.llm.model import LanguageModel
from seatrial.reference_server.backends.llm.vocabulary import Vocabulary
from seatrial.reference_server.model import Model
from seatrial.reference_server.settings import Settings


def create(path: Path, settings: Settings) -> Model:
    """Return the language model of a directory, not loaded yet.

    Raises:
        ModelLoadError: the directory holds none that can be served.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # texts are short, and requests run side by side already
    path = path.resolve()
    name = SAMPLE_LLM if path == SAMPLE_FOLDER else path.name
    vocabulary = Vocabulary(path)
    engine = engines.create(path, vocabulary.end_tokens, settings)
    most = settings.max_loras if settings.enable_lora else 0
    return LanguageModel(name or "model", path, vocabulary, engine, most_adapters=most)
