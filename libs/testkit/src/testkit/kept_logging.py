"""Keeps the configuration of log lines over a block that changes it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog


@contextmanager
def kept_logging() -> Iterator[None]:
    """Restore the configuration of structlog and the root logger after the block."""
    root, own = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        structlog.configure(**own)
        root.handlers[:] = handlers
        root.setLevel(level)
