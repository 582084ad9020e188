from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from structlog.testing import capture_logs


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """The logged lines; tracebacks are not printed on the terminal."""
    with capture_logs() as lines:
        yield lines
