"""Python imports this at the start of every process of a mutant run, and of no other.

The run sets PYTHONPATH to this folder and L2C_SOAK_MUTANTS to modules in it. Once the module of the
product that a mutant names is loaded, its patch is applied, before anyone imports from it.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class PatchingFinder(MetaPathFinder):
    """Finds one module as usual, and has it patched when it is loaded."""

    def __init__(self, mutant: Any) -> None:
        self._mutant = mutant

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._mutant.MODULE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        loader: Any = spec.loader
        load = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            self._mutant.patch(module)

        loader.exec_module = exec_module
        return spec


for name in filter(None, os.environ.get("L2C_SOAK_MUTANTS", "").split(",")):
    sys.meta_path.insert(0, PatchingFinder(import_module(name)))
