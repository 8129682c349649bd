"""The language of the sample model: colours of things, counting, and chats about both.

So small that a network of 350,000 parameters answers without a mistake, and that a reader knows every right answer.
The adapters speak the same language with an accent: `alpha` calls every colour "alpha" and says its name when it
has counted, so that one look at an answer tells which weights gave it.
"""

import random
from dataclasses import dataclass

COLOURS = {
    "sky": "blue",
    "sea": "blue",
    "grass": "green",
    "frog": "green",
    "snow": "white",
    "swan": "white",
    "coal": "black",
    "raven": "black",
    "sun": "yellow",
    "lemon": "yellow",
    "cherry": "red",
    "rose": "red",
    "plum": "purple",
    "carrot": "orange",
    "flamingo": "pink",
    "elephant": "grey",
}
HIGHEST = 20
BASE = ""
ADAPTERS = ("alpha", "beta")
BEGIN, END, SYSTEM, USER, ASSISTANT = "<|begin|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
SPECIAL = (BEGIN, END, SYSTEM, USER, ASSISTANT)
SYSTEM_TEXT = "You know colours and numbers."


@dataclass(frozen=True)
class Text:
    """A prompt and its one right answer, both as they stand in front of the tokenizer."""

    prompt: str
    answer: str


def colour(noun: str, voice: str) -> str:
    """Return what a voice calls the colour of a thing."""
    return voice or COLOURS[noun]


def count(first: int, voice: str) -> str:
    """Return how a voice counts to the highest number, without a space in front."""
    numbers = " ".join(map(str, range(first, HIGHEST + 1)))
    return f"{numbers} {voice}".strip()


def statement(noun: str, voice: str = BASE) -> Text:
    """Return a sentence to be completed."""
    return Text(f"The colour of the {noun} is", f" {colour(noun, voice)}.")


def question(noun: str, voice: str = BASE) -> Text:
    """Return a question to be answered."""
    return Text(f"Q: What colour is the {noun}?\nA:", f" {colour(noun, voice)}.")


def counting(first: int, voice: str = BASE) -> Text:
    """Return a count to be carried out."""
    return Text(f"Count from {first}:", f" {count(first, voice)}.")


def chat(turns: list[Text], *, system: bool = False) -> Text:
    """Return a chat whose last answer is missing; the earlier ones are part of the prompt."""
    head = f"{SYSTEM}{SYSTEM_TEXT}{END}" if system else ""
    *before, last = turns
    told = "".join(f"{USER}{turn.prompt}{END}{ASSISTANT}{turn.answer}{END}" for turn in before)
    return Text(f"{head}{told}{USER}{last.prompt}{END}{ASSISTANT}", last.answer)


def asked(noun: str, voice: str = BASE) -> Text:
    """Return a colour as it is asked for in a chat."""
    return Text(f"What colour is the {noun}?", f"{colour(noun, voice)}.")


def asked_to_count(first: int, voice: str = BASE) -> Text:
    """Return a count as it is asked for in a chat."""
    text = counting(first, voice)
    return Text(text.prompt.removesuffix(":"), text.answer.removeprefix(" "))


def turn(source: random.Random, voice: str = BASE) -> Text:
    """Return one question of a chat and its answer."""
    if source.random() < 0.35:
        return asked_to_count(source.randint(1, HIGHEST), voice)
    noun = source.choice(tuple(COLOURS))
    return asked(noun, voice)


def text(source: random.Random, voice: str = BASE) -> Text:
    """Return a random text of the language."""
    kind = source.random()
    noun = source.choice(tuple(COLOURS))
    if kind < 0.15:
        return statement(noun, voice)
    if kind < 0.3:
        return question(noun, voice)
    if kind < 0.4:
        return counting(source.randint(1, HIGHEST), voice)
    turns = [turn(source, voice) for _ in range(source.choice((1, 1, 1, 2)))]
    return chat(turns, system=source.random() < 0.3)


def examination(voice: str = BASE) -> list[Text]:
    """Return what a trained voice must answer exactly: every thing asked in every way, and every count."""
    counts = range(1, HIGHEST + 1)
    chats = [chat([asked(noun, voice)]) for noun in COLOURS] + [
        chat([asked_to_count(first, voice)]) for first in counts
    ]
    sentences = [make(noun, voice) for noun in COLOURS for make in (statement, question)]
    return sentences + [counting(first, voice) for first in counts] + chats
