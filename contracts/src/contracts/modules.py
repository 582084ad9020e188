"""Finds the modules of one name in every publisher's package, such as all `events` modules."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType

import contracts


def publisher_modules(name: str) -> Iterator[tuple[str, ModuleType]]:
    """Import and yield `contracts.<publisher>.<name>` of every publisher that has it, by name."""
    for package in sorted(iter_modules(contracts.__path__), key=lambda found: found.name):
        path = f"contracts.{package.name}.{name}"
        if package.ispkg and find_spec(path) is not None:
            yield package.name, import_module(path)
