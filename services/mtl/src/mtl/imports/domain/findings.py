"""What is wrong with a file or with one of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """A stable code; the column it is about, where it is about one."""

    code: str
    column: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


class Unreadable(Exception):  # not a refusal of a request: the import ends as FAILED
    """The file as a whole cannot be taken in, for each of these reasons."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(", ".join(finding.code for finding in findings))
        self.findings = tuple(findings)
