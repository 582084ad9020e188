"""Shows that the checks bite: the same run on a product with a planted fault must fail for it.

The modules of `tests/soak/mutants` are small patches, applied when a process starts and only where
the run's environment says so: the product has no switch for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from deploy.local.errors import CannotGoOn
from tests.soak.machine import Result, Settings, run

FOLDER = Path(__file__).parent / "mutants"


@dataclass(frozen=True)
class Mutant:
    """A planted fault; one of the checks in `bites` must fail for it."""

    name: str
    fault: str
    bites: Sequence[str]

    def caught_by(self, result: Result) -> list[str]:
        """Return the checks that should fail for this fault, and do."""
        return [name for name in self.bites if name in result.failed]


def declared_mutants() -> list[Mutant]:
    """Return all mutants by name."""
    names = sorted(file.stem for file in FOLDER.glob("*.py") if file.stem != "sitecustomize")
    return [_declared(name) for name in names]


def _declared(name: str) -> Mutant:
    module = import_module(f"tests.soak.mutants.{name}")
    return Mutant(name, (module.__doc__ or "").strip(), module.BITES)


def groups_of(arguments: Sequence[str]) -> list[list[Mutant]]:
    """Return the mutants of each run: `a,b` plants two in one, without arguments each has its own.

    Raises CannotGoOn for an unknown name.
    """
    known = {mutant.name: mutant for mutant in declared_mutants()}
    groups = [argument.split(",") for argument in arguments] or [[name] for name in known]
    if unknown := {name for group in groups for name in group} - known.keys():
        raise CannotGoOn(f"No mutant is called {', '.join(sorted(unknown))}: {', '.join(known)}.")
    return [[known[name] for name in group] for group in groups]


def run_planted(mutants: Sequence[Mutant], settings: Settings) -> Result:
    """Run the soak with planted faults."""
    names = ",".join(mutant.name for mutant in mutants)
    return run(settings, {"PYTHONPATH": str(FOLDER), "L2C_SOAK_MUTANTS": names})
