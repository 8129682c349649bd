"""Requirements, installed by a call: `common.dependency_manager`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from seatrial.reference_server.standards import requirements
from seatrial.reference_server.standards.logging_config import logger
from seatrial.reference_server.standards.requirements import interpreter as resolve_python_from_command

__all__ = [
    "DEFAULT_MODEL_PATH",
    "REQUIREMENTS_FILENAME",
    "STANDARD_AUTO_INSTALL_REQ",
    "STANDARD_PIP_ARGS",
    "install_requirements",
    "is_auto_install_enabled",
    "resolve_python_from_command",
]

DEFAULT_MODEL_PATH: Final = requirements.DEFAULT_MODEL_PATH
REQUIREMENTS_FILENAME: Final = requirements.FILE
STANDARD_AUTO_INSTALL_REQ: Final = requirements.AUTO_INSTALL
STANDARD_PIP_ARGS: Final = requirements.PIP_ARGUMENTS


def is_auto_install_enabled() -> bool:
    """Return whether requirements are installed at all."""
    return requirements.is_enabled(os.environ)


def install_requirements(
    model_path: str | None = None,
    requirements_filename: str = REQUIREMENTS_FILENAME,
    pip_args: str | None = None,
    python_executable: str | None = None,
) -> bool:
    """Install what a file of the model directory asks for, or what is stated.

    Args:
        model_path: the folder of the file, the model directory by default.
        requirements_filename: the name of the file.
        pip_args: what the installer is told in place of the file.
        python_executable: the Python to install into, this one by default.

    Returns:
        False if that failed, and the log says why; True also where there was nothing to install.
    """
    folder = model_path or os.environ.get(requirements.MODEL_PATH) or DEFAULT_MODEL_PATH
    try:
        wanted = (
            requirements.stated_arguments(pip_args)
            if pip_args
            else requirements.found_arguments(Path(folder), requirements_filename)
        )
        if wanted:
            python = python_executable or sys.executable
            requirements.run_installer(python, wanted, run=subprocess.call, tell=logger.info)
    except requirements.RequirementsError as error:
        logger.error("%s", error)
        return False
    return True
