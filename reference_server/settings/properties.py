"""Settings as the containers of others take them: `serving.properties`, `OPTION_*`, `SERVING_*`, `SM_VLLM_*`.

LMI has its settings in a file beside the model, and each of them as a variable too: `option.dtype` is `OPTION_DTYPE`,
`job_queue_size` is `SERVING_JOB_QUEUE_SIZE`; the file wins. AWS's vLLM container makes an argument of each variable
that begins with `SM_VLLM_`. An empty value says nothing; of `SM_VLLM_*` it makes a switch that is on.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

FILE = "serving.properties"
# What the keys of an engine begin with; the others are the server's.
ENGINE = "option."
OPTION, SERVING, VLLM = "OPTION_", "SERVING_", "SM_VLLM_"
COMMENTS = ("#", "!")


def of_file(folder: Path) -> dict[str, str]:
    """Return the keys of the `serving.properties` of a folder; none, where there is no such file.

    Raises:
        OSError: there is one, and it cannot be read.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    lines = (line.strip() for line in path.read_text(errors="replace").splitlines())
    return dict(_pairs(line for line in lines if line and not line.startswith(COMMENTS)))


def _pairs(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, _, value = line.partition("=")
        if value.strip():
            yield key.strip(), value.strip()


def of_variables(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return LMI's variables by the key that each stands for: the name of the variable, and its text."""
    found = {}
    for variable, text in environment.items():
        if text and variable.startswith(OPTION):
            name = variable.removeprefix(OPTION)
            found[ENGINE + (name.lower() if name.isupper() else name)] = variable, text
        elif text and variable.startswith(SERVING):
            found[variable.removeprefix(SERVING).lower()] = variable, text
    return found


def of_vllm(environment: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the variables of AWS's vLLM container by argument: the name of the variable, and its text."""
    names = (variable for variable in environment if variable.startswith(VLLM) and variable != VLLM)
    return {name.removeprefix(VLLM).lower(): (name, environment[name] or "true") for name in names}
