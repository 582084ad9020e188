"""Rule sets in JSON, read strictly: every violation is reported with its JSON pointer.

`{"hit_policy": "SUM", "caps": {"visits": 30}, "rows": [{"id": "r1", "name": "Large budget",
"condition": {...}, "outcome": {...}, "enabled": true, "points": 10, "group": "visits"}]}`. Points,
groups and caps belong to the policy SUM; a row needs its id and its condition, and points there.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from chassis.foundation.canonical_json import canonical_json
from kernel.errors import Violation
from kernel.json_pointers import child
from rules.condition_json import ConditionReader, condition_json
from rules.fields import FactSchema
from rules.json_reader import JsonReader, below
from rules.rule_sets import HitPolicy, Row, RuleSet

OutcomeCheck = Callable[[Mapping[str, Any]], Iterable[Violation]]

MAX_ROWS: Final = 500
MAX_GROUPS: Final = 100
MAX_POINTS: Final = 1_000_000
MAX_OUTCOME: Final = 10_000  # bytes of JSON
MAX_ID: Final = 64
MAX_NAME: Final = 200

_MEMBERS: Final = frozenset({"hit_policy", "rows"})
_SUM_MEMBERS: Final = _MEMBERS | {"caps"}
_ROW_MEMBERS: Final = frozenset({"id", "name", "condition", "outcome", "enabled"})
_SUM_ROW_MEMBERS: Final = _ROW_MEMBERS | {"points", "group"}


def parse_rule_set(
    schema: FactSchema, body: Any, check_outcome: OutcomeCheck | None = None
) -> RuleSet:
    """Read a rule set, such as one that is stored, without the analysis of `check_rule_set`.

    `check_outcome` yields the violations of an outcome, with pointers into it. Raises Invalid with
    all violations.
    """
    reader = RuleSetReader(schema, check_outcome)
    rule_set = reader.read(body)
    reader.raise_violations()
    return rule_set


def rule_set_json(rule_set: RuleSet) -> dict[str, Any]:
    """Return a rule set as JSON; `parse_rule_set` reads it back to an equal one."""
    is_sum = rule_set.hit_policy is HitPolicy.SUM
    body: dict[str, Any] = {
        "hit_policy": rule_set.hit_policy.value,
        "rows": [_row_json(row, is_sum=is_sum) for row in rule_set.rows],
    }
    return {**body, "caps": dict(rule_set.caps)} if is_sum else body


def _row_json(row: Row, *, is_sum: bool) -> dict[str, Any]:
    body = {
        "id": row.id,
        "name": row.name,
        "condition": condition_json(row.condition),
        "outcome": dict(row.outcome),
        "enabled": row.enabled,
    }
    return {**body, "points": row.points, "group": row.group} if is_sum else body


class RuleSetReader(JsonReader):
    """Reads one rule set; `read_rows` are the rows without violations, with positions from 0.

    Without a valid hit policy the rows are read as if each could be one of them.
    """

    def __init__(self, schema: FactSchema, check_outcome: OutcomeCheck | None) -> None:
        super().__init__()
        self._conditions = ConditionReader(schema, self)
        self._check_outcome = check_outcome
        self._ids: set[str] = set()
        self._is_sum = self._takes_points = False
        self.read_rows: list[tuple[int, Row]] = []

    def read(self, body: Any) -> RuleSet:
        """Return the rule set of all rows that could be read."""
        members = self.object_at(body, "")
        if members is None:
            return RuleSet(hit_policy=HitPolicy.COLLECT, rows=())
        given = self.required(members, "hit_policy", "")
        chosen = None if given is None else self.choice_at(given, "/hit_policy", list(HitPolicy))
        self._is_sum = chosen == HitPolicy.SUM
        self._takes_points = self._is_sum or chosen is None
        self.refuse_others(members, _SUM_MEMBERS if self._takes_points else _MEMBERS, "")
        rows = self.required(members, "rows", "")
        listed = None if rows is None else self.list_at(rows, "/rows", 0, MAX_ROWS)
        for position, each in enumerate(listed or ()):
            row = self._row(each, f"/rows/{position}")
            if row is not None:
                self.read_rows.append((position, row))
        return RuleSet(
            hit_policy=HitPolicy(chosen or HitPolicy.COLLECT),
            rows=tuple(row for _, row in self.read_rows),
            caps=self._caps(members.get("caps", {})) if self._is_sum else {},
        )

    def _row(self, body: Any, pointer: str) -> Row | None:
        before = len(self.violations)
        members = self.object_at(body, pointer)
        if members is None:
            return None
        known = _SUM_ROW_MEMBERS if self._takes_points else _ROW_MEMBERS
        self.refuse_others(members, known, pointer)
        row_id = self._id(members, pointer)
        name = self.text_at(members.get("name", ""), f"{pointer}/name", MAX_NAME)
        enabled = self.boolean_at(members.get("enabled", True), f"{pointer}/enabled")
        given = self.required(members, "condition", pointer)
        condition = None if given is None else self._conditions.read(given, f"{pointer}/condition")
        outcome = self._outcome(members.get("outcome", {}), f"{pointer}/outcome")
        points = self._points(members, pointer) if self._is_sum else 0
        group = self._group(members, pointer)
        if len(self.violations) > before or condition is None:
            return None
        return Row(
            id=row_id or "",
            name=name or "",
            condition=condition,
            outcome=outcome or {},
            enabled=enabled is not False,
            points=points or 0,
            group=group,
        )

    def _id(self, members: Mapping[str, Any], pointer: str) -> str | None:
        given, at = self.required(members, "id", pointer), f"{pointer}/id"
        row_id = None if given is None else self.text_at(given, at, MAX_ID, 1)
        if row_id is not None and row_id in self._ids:
            return self.refuse(at, "RULE_ROW_ID_TWICE")
        self._ids.add(row_id or "")
        return row_id

    def _points(self, members: Mapping[str, Any], pointer: str) -> int | None:
        given = self.required(members, "points", pointer)
        at = f"{pointer}/points"
        return None if given is None else self.integer_at(given, at, -MAX_POINTS, MAX_POINTS)

    def _group(self, members: Mapping[str, Any], pointer: str) -> str | None:
        given = members.get("group")
        return None if given is None else self.text_at(given, f"{pointer}/group", MAX_ID, 1)

    def _outcome(self, body: Any, pointer: str) -> dict[str, Any] | None:
        outcome = self.object_at(body, pointer)
        if outcome is None:
            return None
        try:
            size = len(canonical_json(outcome))
        except TypeError:  # orjson: not JSON, or nested too deeply
            return self.refuse(pointer, "VALUE_INVALID")
        if size > MAX_OUTCOME:
            return self.refuse(pointer, "TOO_LONG", maximum=MAX_OUTCOME)
        if self._check_outcome is not None:
            self.violations += below(pointer, self._check_outcome(outcome))
        return outcome

    def _caps(self, body: Any) -> dict[str, int]:
        caps = self.object_at(body, "/caps", MAX_GROUPS) or {}
        read = {
            group: self.integer_at(points, child("/caps", group), 0, MAX_POINTS)
            for group, points in caps.items()
        }
        return {group: points for group, points in read.items() if points is not None}
