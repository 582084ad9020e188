"""What is wrong with a file or with one of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A stable code, and the column it is about.

    Targets know no columns: they name the `field`, and the import puts the column in its place.
    """

    code: str
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    field: str | None = None

    def stored(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"code": self.code, "column": self.column, "params": dict(self.params)}


class UnreadableFile(Exception):  # not a refusal of a request: the import ends as FAILED
    """The file as a whole cannot be taken in, for each of these reasons."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = tuple(findings)
