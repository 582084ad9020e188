"""Finds rows that no record can match, and rows that no record reaches because of earlier ones."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rules.boxes import Box, Steps, TooComplex, boxes_of, covers, overlap
from rules.conditions import Condition, comparisons_of
from rules.fields import FactSchema
from rules.rule_sets import HitPolicy, Row, RuleSet
from rules.value_classes import ClassSpace, class_space


class FindingKind(StrEnum):
    """What the analysis found about a row."""

    NEVER_MATCHES = "NEVER_MATCHES"
    UNREACHABLE = "UNREACHABLE"
    NOT_ANALYSED = "NOT_ANALYSED"


@dataclass(frozen=True)
class RowFinding:
    """What was found about the row at a position, from 0; `covered_by` are earlier positions."""

    position: int
    kind: FindingKind
    covered_by: tuple[int, ...] = ()


@dataclass(frozen=True)
class Analysis:
    """All findings about the enabled rows of a rule set.

    `is_complete` says whether every record matches a row; None if that was not analysed.
    """

    findings: tuple[RowFinding, ...]
    is_complete: bool | None


def analyse(schema: FactSchema, rule_set: RuleSet) -> Analysis:
    """Analyse the enabled rows: which never match, and under FIRST which are never reached.

    What is called unreachable is the first match of no record, and what never matches matches
    none. The reverse holds while the texts with parts and the lists of a field do not exceed
    `MAX_COMBINED`. A row that would take too many steps is NOT_ANALYSED.
    """
    return _RowAnalysis(schema, list(enumerate(rule_set.rows)), rule_set.hit_policy).result()


def analyse_rows(
    schema: FactSchema, rows: Iterable[tuple[int, Row]], hit_policy: HitPolicy
) -> Analysis:
    """Analyse rows with their positions, as `analyse` does, where others could not be read."""
    return _RowAnalysis(schema, list(rows), hit_policy).result()


def never_matches(schema: FactSchema, condition: Condition) -> bool | None:
    """Say whether no record can satisfy a condition; None if that takes too many steps."""
    space = class_space(schema, comparisons_of(condition))
    try:
        return not boxes_of(condition, space, Steps())
    except TooComplex:
        return None


class _RowAnalysis:
    """The analysis of one rule set."""

    def __init__(
        self, schema: FactSchema, rows: Sequence[tuple[int, Row]], hit_policy: HitPolicy
    ) -> None:
        self._rows = [(position, row) for position, row in rows if row.enabled]
        self._is_first = hit_policy is HitPolicy.FIRST
        self._space: ClassSpace = class_space(
            schema, (each for _, row in self._rows for each in comparisons_of(row.condition))
        )
        self._steps = Steps()
        self._earlier: list[tuple[int, list[Box]]] = []
        self._has_gaps = False  # whether the boxes of a row are not known

    def result(self) -> Analysis:
        """Return all findings."""
        found = [self._finding(position, row) for position, row in self._rows]
        findings = tuple(each for each in found if each is not None)
        return Analysis(findings, self._is_complete())

    def _finding(self, position: int, row: Row) -> RowFinding | None:
        self._steps.start_row()
        try:
            boxes = boxes_of(row.condition, self._space, self._steps)
        except TooComplex:
            self._has_gaps = True
            return RowFinding(position, FindingKind.NOT_ANALYSED)
        if not boxes:
            return RowFinding(position, FindingKind.NEVER_MATCHES)
        try:
            covered_by = self._covered_by(boxes) if self._is_first else None
        except TooComplex:
            return RowFinding(position, FindingKind.NOT_ANALYSED)
        finally:
            self._earlier.append((position, boxes))
        if covered_by is None:
            return None
        return RowFinding(position, FindingKind.UNREACHABLE, covered_by)

    def _covered_by(self, boxes: list[Box]) -> tuple[int, ...] | None:
        """Return earlier rows that leave nothing of a row; None if something is left."""
        near = [each for each in self._earlier if overlap(each[1], boxes, self._steps)]
        for position, each in near:
            if self._covers([each], boxes):
                return (position,)
        if not self._covers([each for _, each in near], boxes):
            return None
        return self._fewer(near, boxes)

    def _fewer(self, near: list[tuple[int, list[Box]]], boxes: list[Box]) -> tuple[int, ...]:
        """Leave out rows without which the others still cover a row, while there are steps left."""
        needed = dict(near)
        try:
            for position, own in near:
                del needed[position]
                if not self._covers(needed.values(), boxes):
                    needed[position] = own
        except TooComplex:
            needed[position] = own
        return tuple(sorted(needed))

    def _covers(self, rows: Iterable[list[Box]], boxes: Iterable[Box]) -> bool:
        taken = [box for each in rows for box in each]
        return covers(taken, boxes, self._space, self._steps)

    def _is_complete(self) -> bool | None:
        self._steps.start_row()
        try:
            is_covered = self._covers([boxes for _, boxes in self._earlier], [{}])
        except TooComplex:
            return None
        return None if self._has_gaps and not is_covered else is_covered
