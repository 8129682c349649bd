"""The tokenizer of the sample model: byte-level BPE, so that any text can be written, trained on its own grammar."""

import random
from pathlib import Path

import orjson
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from seatrial.reference_server.samples.llm_recipe import grammar

SIZE = 412
TEXTS = 3000
OFTEN = 300
CONTEXT = 2048
CHAT_TEMPLATE = (
    f"{grammar.BEGIN}{{% for message in messages %}}"
    f"{{{{ '<|' + message['role'] + '|>' + message['content'] + '{grammar.END}' }}}}"
    f"{{% endfor %}}{{% if add_generation_prompt %}}{grammar.ASSISTANT}{{% endif %}}"
)


def train(seed: int) -> Tokenizer:
    """Return a tokenizer that begins every text with its own mark."""
    source = random.Random(seed)  # noqa: S311 - example texts, no secrets
    lines = [f"{text.prompt}{text.answer}" for text in (grammar.text(source) for _ in range(TEXTS))]
    lines += [f"{text.prompt}{text.answer}" for voice in grammar.ADAPTERS for text in grammar.examination(voice)]
    # What is answered is one token: in two it would be a riddle of its own (after " 2", does " 3" come, or "0"?).
    words = (*range(1, grammar.HIGHEST + 1), *grammar.ADAPTERS, *set(grammar.COLOURS.values()))
    lines += [f"{word} {word}" for word in sorted(map(str, words))] * OFTEN
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=list(grammar.SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    begin = tokenizer.token_to_id(grammar.BEGIN)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{grammar.BEGIN} $A", special_tokens=[(grammar.BEGIN, begin)]
    )
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path) -> None:
    """Write the tokenizer and its chat template where every library of the field looks for them."""
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": grammar.BEGIN,
        "eos_token": grammar.END,
        "pad_token": grammar.END,
        "model_max_length": CONTEXT,
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_bytes(orjson.dumps(config, option=orjson.OPT_INDENT_2) + b"\n")
