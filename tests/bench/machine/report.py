"""The table of the benchmark on the terminal and as a file."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.machine.measuring import Measured, Row
from tests.bench.timing import show


@dataclass(frozen=True)
class Result:
    """One row as `.local/bench.json` holds it."""

    name: str
    value: float
    reach: str
    holds: bool
    spread: tuple[float, float]
    note: str

    @classmethod
    def of(cls, row: Row, measured: Measured) -> "Result":
        return cls(
            name=row.name,
            value=measured.value,
            reach=str(row.reach),
            holds=row.reach.holds(measured.value),
            spread=(min(measured.values), max(measured.values)),
            note=measured.note,
        )

    def sentence(self, unit: str) -> str:
        """Return what the row of the table will say."""
        lowest, highest = self.spread
        figure = f"{self.name}: {self.value:.2f} {unit}".strip()
        reach = f", reach {self.reach}: {'yes' if self.holds else 'NO'}" if self.reach else ""
        return f"{figure} ({lowest:.2f} .. {highest:.2f}){reach}"


def show_results(rows: Sequence[Row], results: Sequence[Result]) -> None:
    """Print the table: medians of the runs, with the lowest and the highest."""
    lines = [
        [
            row.name,
            row.what,
            f"{result.value:.2f} {row.unit}".strip(),
            f"{result.spread[0]:.2f} .. {result.spread[1]:.2f}",
            result.reach,
            ("yes" if result.holds else "NO") if result.reach else "",
            result.note,
        ]
        for row, result in zip(rows, results, strict=True)
    ]
    header = ["row", "what", "median", "runs", "reach", "holds", ""]
    show("Benchmark: L2 is a bare FastAPI request with one INSERT and one commit", header, lines)


def save(results: Sequence[Result], file: Path) -> None:
    """Write the results; those of rows that did not run this time stay."""
    before = json.loads(file.read_text()) if file.exists() else []
    kept = {each["name"]: each for each in before}
    kept |= {result.name: asdict(result) for result in results}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(list(kept.values()), ensure_ascii=False, indent=1) + "\n")
