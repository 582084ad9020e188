"""Garbage collection of a long-running process whose objects at start stay for its life."""

import gc
from typing import Final

# Requests and events leave few cycles: most objects die by their reference count. With Python's 700
# a list of 50 records ran a collection ten times (decision 33).
YOUNG_OBJECTS: Final = 20_000


def settle() -> None:
    """Leave all present objects out of later collections, and collect new ones less often.

    Called once, when a process is ready: applications, tables and compiled queries are made.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
