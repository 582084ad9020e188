"""Findings: errors and warnings about a file, a column or a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """An error or a warning: a stable code with its params, and the column concerned.

    Import targets name the `field`; the import adds the column that is mapped to it.
    """

    code: str
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None

    def stored(self) -> dict[str, Any]:
        """The form stored as JSON."""
        return {"code": self.code, "column": self.column, "params": dict(self.params)}


class UnreadableFile(Exception):  # no error of a request: the import becomes FAILED
    """The file as a whole cannot be imported; `findings` are the reasons."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = tuple(findings)
