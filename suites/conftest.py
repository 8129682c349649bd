"""Says how clauses are judged to whoever runs the suites by their path: without a subject there is nothing to judge."""

from __future__ import annotations

import pytest


def pytest_configure() -> None:
    """Refuse. A trial never comes here: it loads no conftest.

    Raises:
        pytest.UsageError: always.
    """
    raise pytest.UsageError(
        "the suites judge a subject and are not run by their path: "
        "pytest --image IMG, and -k, -m or --trial-profile to choose clauses"
    )
