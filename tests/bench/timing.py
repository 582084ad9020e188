"""Measures durations and prints them as a table."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import quantiles

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Took:
    """Half of the calls took less than `p50` milliseconds, 95 in 100 less than `p95`."""

    p50: float
    p95: float

    def over(self, baseline: "Took") -> str:
        """As a cell: milliseconds, and how many times the baseline of the same run."""
        return f"{self.p50:.1f} / {self.p95:.1f}  x{self.p50 / baseline.p50:.1f}"


async def timed(call: Callable[[], Awaitable[object]], *, times: int) -> Took:
    """Measure this many calls, after two that are not counted."""
    durations: list[float] = []
    for _ in range(times + 2):
        began = time.perf_counter()
        await call()
        durations.append((time.perf_counter() - began) * 1000)
    cuts = quantiles(durations[2:], n=20)
    return Took(p50=cuts[9], p95=cuts[18])


def show(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, wide enough for a log."""
    table = Table(title=title, title_justify="left", min_width=len(title))
    for name in header:
        table.add_column(name, no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=140).print(table)
