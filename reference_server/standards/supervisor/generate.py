"""`generate-supervisor-config -o FILE [-p NAME] COMMAND…`: writes the configuration and runs nothing."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from seatrial.reference_server.standards.supervisor import ini, settings
from seatrial.reference_server.standards.supervisor.telling import Level


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the file and return the exit code."""
    given = _given(arguments)
    try:
        wanted = settings.load(os.environ)
        if given.log_level:
            wanted = dataclasses.replace(wanted, log_level=Level[given.log_level])
        given.output.write_text(ini.render(given.command, wanted, given.program_name))
    except settings.SettingsError as error:
        sys.stderr.write(f"generate-supervisor-config: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"generate-supervisor-config: {given.output} cannot be written: {error.strerror}\n")
        return 1
    return 0


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="generate-supervisor-config",
        usage="%(prog)s -o FILE [-p NAME] [--log-level LEVEL] COMMAND [ARGUMENT ...]",
        description=(__doc__ or "").partition("\n")[0],
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    parser.add_argument("-p", "--program-name", default=settings.PROGRAM, help="name of the program (default: app)")
    parser.add_argument("--log-level", choices=("ERROR", "INFO", "DEBUG"), help="supervisord's own level")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="the command and its arguments")
    given = parser.parse_args(arguments)
    if given.command[:1] == ["--"]:
        del given.command[0]
    if not given.command:
        parser.error("a command is missing: name what is to be run")
    return given


if __name__ == "__main__":
    sys.exit(main())
