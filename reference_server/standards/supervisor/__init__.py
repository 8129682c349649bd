"""A supervisor that needs no other program: `standard-supervisor COMMAND…` and `generate-supervisor-config`.

    settings   what the variables ask for
    telling    its lines in the log
    family     one process group: started, waited for, signalled, left without orphans
    loop       restart, back off, give up, drain
    ini        the same settings as a configuration file of supervisord
    command    `standard-supervisor`: requirements first, then supervised or in place
    generate   `generate-supervisor-config`

Where the public document and its implementation disagree the document wins: it gives up with exit code 1 instead of
idling, it waits for a drain as long as the platform does, and every byte of an argument arrives.
"""

import importlib
from typing import Any

# What scripts import from the public package's module of this name.
ELSEWHERE = frozenset(
    {"ConfigurationError", "SupervisorConfig", "generate_supervisord_config", "write_supervisord_config"}
)


def __getattr__(name: str) -> Any:
    """Import one of the names when it is asked for."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("..public.supervisor_config", __name__), name)
