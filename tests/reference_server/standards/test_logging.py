"""The library is silent below ERROR, speaks in one format on stdout, and leaves all other loggers alone."""

import logging
import re
import subprocess
import sys

import pytest

from seatrial.reference_server.standards import logging_config

PROGRAM = """
import logging, sys
logging.basicConfig(level=logging.INFO, stream=sys.stderr)
from seatrial.reference_server.standards.logging_config import logger
logger.debug("a debug line"); logger.info("an info line"); logger.error("an error line")
logging.getLogger("engine").info("the engine's line")
"""


def lines(**variables: str):
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env={"PATH": "", **variables}
    )
    assert "the engine's line" in ended.stderr
    assert "an error line" not in ended.stderr
    return ended.stdout


def test_errors_only_unless_asked_in_the_one_format():
    expected = r"\[ERROR\] model_hosting_container_standards - <string>:5: an error line\n"
    assert re.fullmatch(expected, lines())


def test_the_containers_variable_decides_before_the_general_one():
    assert "an info line" not in lines(SAGEMAKER_CONTAINER_LOG_LEVEL="ERROR", LOG_LEVEL="DEBUG")
    assert "a debug line" in lines(LOG_LEVEL="DEBUG")


@pytest.mark.parametrize(
    ("value", "level"),
    [("debug", 10), ("Info", 20), ("WARNING", 30), ("10", 10), ("nonsense", 40), ("", 40), (" info ", 20)],
)
def test_a_level_is_a_name_in_any_case_or_a_number(value: str, level: int):
    assert logging_config.parse_level(value) == level


@pytest.mark.usefixtures("fresh")
def test_a_child_speaks_through_the_same_handler():
    child = logging_config.get_logger(f"{logging_config.NAME}.part")
    assert (child.parent, child.propagate) == (logging_config.logger, True)
    assert [type(handler).__name__ for handler in logging_config.logger.handlers].count("_Stdout") == 1


@pytest.mark.usefixtures("fresh")
def test_the_root_logger_is_left_alone():
    root = logging.getLogger()
    before = (root.level, [handler.level for handler in root.handlers])
    logging_config.configure_root_logger()
    logging_config.get_logger()
    assert (root.level, [handler.level for handler in root.handlers]) == before
