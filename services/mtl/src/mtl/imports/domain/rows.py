"""A row of a file as far as it could be read, and what became of many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mtl.imports.domain.findings import Finding
from mtl.imports.domain.runs import Counts
from mtl.leads.domain import LeadDetails


@dataclass(frozen=True, kw_only=True)
class Row:
    """`number` is as a spreadsheet counts. Without details it is refused for its errors."""

    number: int
    details: LeadDetails | None = None
    errors: Sequence[Finding] = field(default_factory=tuple)
    warnings: Sequence[Finding] = field(default_factory=tuple)


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of the rows of a chunk: those refused and warned of, and how many came in."""

    accepted: int
    refused: Mapping[int, Sequence[Finding]]
    warned: Mapping[int, Sequence[Finding]]

    @property
    def counts(self) -> Counts:
        return Counts(
            accepted=self.accepted, refused=len(self.refused), with_warnings=len(self.warned)
        )


def taken(rows: Sequence[Row], refusals: Mapping[int, Finding]) -> Taken:
    """`refusals` are of rows that could be read, but not be taken in."""
    refused = {row.number: row.errors for row in rows if row.details is None}
    refused |= {number: [finding] for number, finding in refusals.items()}
    accepted = [row for row in rows if row.number not in refused]
    return Taken(
        accepted=len(accepted),
        refused=dict(sorted(refused.items())),
        warned={row.number: row.warnings for row in accepted if row.warnings},
    )
