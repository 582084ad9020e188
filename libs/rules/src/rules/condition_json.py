"""Conditions in JSON, read strictly: every violation is reported with its JSON pointer.

`{"field": "budget", "operator": "GTE", "value": "1000.00"}`, `{"all": [...]}`, `{"any": [...]}` and
`{"not": {...}}`; `{"all": []}` is always true.
"""

from typing import Any, Final

from kernel.json_pointers import child
from rules.conditions import (
    OPERATORS,
    WITH_VALUES,
    WITHOUT_VALUE,
    Comparison,
    Condition,
    Conjunction,
    Disjunction,
    Negation,
    Operator,
)
from rules.fact_values import WrongValue, json_value, parse_value
from rules.fields import FactSchema, FieldSpec
from rules.json_reader import JsonReader

MAX_DEPTH: Final = 6  # of conditions inside one another
MAX_CONDITIONS: Final = 5_000  # comparisons and groups of a rule set
MAX_VALUES: Final = 500  # of one comparison
MAX_FIELD_NAME: Final = 200

_GROUPS: Final = ("all", "any", "not")


def parse_condition(schema: FactSchema, body: Any) -> Condition:
    """Read a condition that may use the fields of a schema. Raises Invalid with all violations."""
    reader = JsonReader()
    condition = ConditionReader(schema, reader).read(body, "")
    reader.raise_violations()
    assert condition is not None
    return condition


def condition_json(condition: Condition) -> dict[str, Any]:
    """Return a condition as JSON; `parse_condition` reads it back to an equal one."""
    if isinstance(condition, Comparison):
        written = {"field": condition.field, "operator": condition.operator.value}
        if condition.operator in WITHOUT_VALUE:
            return written
        return {**written, "value": json_value(condition.value)}
    if isinstance(condition, Negation):
        return {"not": condition_json(condition.condition)}
    name = "all" if isinstance(condition, Conjunction) else "any"
    return {name: [condition_json(each) for each in condition.conditions]}


class ConditionReader:
    """Reads the conditions of one document with a reader that collects their violations.

    The number of all conditions that one reader reads is bounded, as is their depth.
    """

    def __init__(self, schema: FactSchema, reader: JsonReader) -> None:
        self._schema = schema
        self._reader = reader
        self._count = 0

    def read(self, body: Any, pointer: str, depth: int = 1) -> Condition | None:
        """Return a condition; None after a violation of its own or below it."""
        refuse = self._reader.refuse
        self._count += 1
        if self._count > MAX_CONDITIONS:
            if self._count == MAX_CONDITIONS + 1:
                refuse(pointer, "RULE_CONDITIONS_TOO_MANY", limit=MAX_CONDITIONS)
            return None
        if depth > MAX_DEPTH:
            refuse(pointer, "RULE_CONDITION_TOO_DEEP", limit=MAX_DEPTH)
            return None
        members = self._reader.object_at(body, pointer)
        if members is None:
            return None
        kinds = [name for name in ("field", *_GROUPS) if name in members]
        if len(kinds) != 1:
            refuse(pointer, "RULE_CONDITION_SHAPE")
            return None
        kind = kinds[0]
        if kind == "field":
            return self._comparison(members, pointer)
        self._reader.refuse_others(members, kinds, pointer)
        if kind == "not":
            inner = self.read(members["not"], child(pointer, "not"), depth + 1)
            return None if inner is None else Negation(inner)
        return self._group(kind, members[kind], child(pointer, kind), depth)

    def _group(self, kind: str, body: Any, pointer: str, depth: int) -> Condition | None:
        least = 1 if kind == "any" else 0
        parts = self._reader.list_at(body, pointer, least, MAX_CONDITIONS)
        if parts is None:
            return None
        read = [self.read(each, child(pointer, n), depth + 1) for n, each in enumerate(parts)]
        conditions = tuple(each for each in read if each is not None)
        if len(conditions) < len(read):
            return None
        return Conjunction(conditions) if kind == "all" else Disjunction(conditions)

    def _comparison(self, body: dict[str, Any], pointer: str) -> Comparison | None:
        before = len(self._reader.violations)
        spec = self._spec(body["field"], child(pointer, "field"))
        operator = self._operator(spec, body, pointer)
        takes_value = operator is None or operator not in WITHOUT_VALUE
        known = ("field", "operator", *(["value"] * takes_value))
        self._reader.refuse_others(body, known, pointer)
        if spec is None or operator is None:
            return None
        value = self._value(spec, operator, body, pointer) if takes_value else None
        if len(self._reader.violations) > before:
            return None
        return Comparison(spec.name, operator, value)

    def _spec(self, body: Any, pointer: str) -> FieldSpec | None:
        name = self._reader.text_at(body, pointer, MAX_FIELD_NAME)
        if name is None:
            return None
        if name not in self._schema.fields:
            self._reader.refuse(pointer, "RULE_FIELD_UNKNOWN", field=name)
        return self._schema.fields.get(name)

    def _operator(
        self, spec: FieldSpec | None, body: dict[str, Any], pointer: str
    ) -> Operator | None:
        given = self._reader.required(body, "operator", pointer)
        if given is None:
            return None
        fitting = [each.value for each in (Operator if spec is None else OPERATORS[spec.type])]
        if given in fitting:
            return Operator(given)
        code = "RULE_OPERATOR_UNFIT" if given in list(Operator) else "VALUE_UNKNOWN"
        self._reader.refuse(child(pointer, "operator"), code, expected=fitting)
        return None

    def _value(
        self, spec: FieldSpec, operator: Operator, body: dict[str, Any], pointer: str
    ) -> Any:
        value, at = self._reader.required(body, "value", pointer), child(pointer, "value")
        if value is None:
            return None
        if operator in WITH_VALUES:
            values = self._constants(spec, value, at, 1, MAX_VALUES)
            return None if values is None else tuple(dict.fromkeys(values))
        if operator is not Operator.BETWEEN:
            return self._constant(spec, value, at)
        ends = self._constants(spec, value, at, 2, 2)
        if ends is not None and ends[0] > ends[1]:
            self._reader.refuse(at, "RULE_BETWEEN_EMPTY")
        return ends

    def _constants(
        self, spec: FieldSpec, body: Any, pointer: str, least: int, most: int
    ) -> tuple[Any, ...] | None:
        given = self._reader.list_at(body, pointer, least, most)
        if given is None:
            return None
        before = len(self._reader.violations)
        values = [self._constant(spec, each, child(pointer, n)) for n, each in enumerate(given)]
        return None if len(self._reader.violations) > before else tuple(values)

    def _constant(self, spec: FieldSpec, value: Any, pointer: str) -> Any:
        try:
            parsed = parse_value(spec, value)
        except WrongValue as wrong:
            return self._reader.refuse(pointer, wrong.code, **wrong.params)
        if parsed == "":
            return self._reader.refuse(pointer, "TOO_SHORT", minimum=1)
        return parsed
