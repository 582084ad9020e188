"""Garbage collection of a long-running process whose objects at start stay for its life."""

import gc
from typing import Final

# A start makes 300,000 objects, of which 1 % become garbage: collecting them took a quarter of it.
OBJECTS_OF_START: Final = 500_000
# Requests and events leave few cycles: most objects die by their reference count. With Python's 700
# a list of 50 records ran a collection ten times (decision 33).
YOUNG_OBJECTS: Final = 20_000


def leave_start_alone() -> None:
    """Collect nothing while a process starts; called before anything else is imported."""
    gc.set_threshold(OBJECTS_OF_START, 10, 10)


def settle() -> None:
    """Leave all present objects out of later collections, and collect new ones as it fits requests.

    Called once, when a process is ready: applications, tables and compiled queries are made.
    """
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 10, 10)
