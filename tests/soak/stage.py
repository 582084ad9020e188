"""What a stage of the walk registers: how it drives records on, and what must hold at the end.

Every module of `tests/soak/stages` declares one `STAGE`. A walk passes through the stages in the
order of `after`; what one leaves in `walk.ids` the next ones find there.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

from tests.soak import stages
from tests.soak.client import Caller

if TYPE_CHECKING:
    from tests.soak.evidence import Evidence


class WalkEnds(Exception):
    """This walk goes no further, as it was meant to."""


@dataclass
class Walk:
    """One walk: its number, who drives it, and what the stages have found so far."""

    nth: int
    callers: dict[str, Caller]
    shared: dict[str, Any]  # what `prepare` of the stages left for all walks
    ids: dict[str, str] = field(default_factory=dict)

    def every(self, count: int) -> bool:
        """Whether this is one of every `count` walks, so that walks differ."""
        return self.nth % count == count - 1


Prepare = Callable[[dict[str, Caller]], Awaitable[dict[str, Any]]]
Violations = Sequence[str]
Invariant = Callable[["Evidence"], Awaitable[Violations]]


async def _nothing(_: dict[str, Caller]) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Stage:
    """One stage: `run` makes its calls, `invariants` are what it promises, by a name each."""

    name: str
    run: Callable[[Walk], Awaitable[None]]
    after: tuple[str, ...] = ()
    prepare: Prepare = _nothing
    invariants: dict[str, Invariant] = field(default_factory=dict)


def declared_stages() -> list[Stage]:
    """Return the stages of the folder in the order of a walk."""
    modules = [
        import_module(f"{stages.__name__}.{one.name}") for one in iter_modules(stages.__path__)
    ]
    by_name: dict[str, Stage] = {module.STAGE.name: module.STAGE for module in modules}
    order = TopologicalSorter({name: by_name[name].after for name in sorted(by_name)})
    return [by_name[name] for name in order.static_order()]
