"""Field mappings in JSON, read strictly when they are saved.

`{"fields": [{"target": "company", "sources": ["form.company", "/公司"], "transforms": [{"kind":
"TRIM"}], "default": "..."}, {"target": "channel", "constant": "WEB"}]}`.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from kernel.json_pointers import child
from rules.fact_values import WrongValue, json_value, parse_fact
from rules.fields import LIST_TYPES, FactSchema, FieldSpec
from rules.json_reader import JsonReader
from rules.mapping import FieldMapping, fitting_value
from rules.source_paths import MAX_PATH, SourcePath, parse_path
from rules.transforms import Transform, TransformKind, Unlisted, is_empty

MAX_TARGETS: Final = 200
MAX_SOURCES: Final = 10
MAX_TRANSFORMS: Final = 10
MAX_TABLE: Final = 1_000
MAX_FORMAT: Final = 50
MAX_SEPARATOR: Final = 10

_MEMBERS: Final[Mapping[TransformKind, tuple[str, ...]]] = {
    TransformKind.SPLIT: ("separator", "index"),
    TransformKind.JOIN: ("separator",),
    TransformKind.VALUE_TABLE: ("table", "unlisted"),
    TransformKind.DATE: ("format",),
    TransformKind.INSTANT: ("format", "zone"),
}
_DIRECTIVE: Final = re.compile(r"%(.?)", re.DOTALL)
_OF_DAYS: Final = ({"Y", "y"}, {"m"}, {"d"})
_OF_TIMES: Final = (*_OF_DAYS, {"H"})
_ALLOWED: Final = frozenset("YymdHMSfz%")


def check_mapping(targets: FactSchema, body: Any, *, at: str = "") -> tuple[FieldMapping, ...]:
    """Read mappings to these targets, such as those that are to be saved.

    `at` points to them in a request body. Raises Invalid with all violations.
    Of a list, where a target takes one value, as much is found as can be without a payload.
    """
    reader = _MappingReader(targets)
    mappings = reader.read(body)
    reader.raise_violations(at)
    return mappings


class _MappingReader(JsonReader):
    """Reads the mappings of one document."""

    def __init__(self, targets: FactSchema) -> None:
        super().__init__()
        self._targets = targets
        self._seen: set[str] = set()

    def read(self, body: Any) -> tuple[FieldMapping, ...]:
        """Return all mappings that could be read."""
        members = self.object_at(body, "")
        if members is None:
            return ()
        self.refuse_others(members, ("fields",), "")
        given = self.required(members, "fields", "")
        fields = None if given is None else self.list_at(given, "/fields", 0, MAX_TARGETS)
        read = [self._field(each, f"/fields/{n}") for n, each in enumerate(fields or ())]
        return tuple(each for each in read if each is not None)

    def _field(self, body: Any, pointer: str) -> FieldMapping | None:
        before = len(self.violations)
        members = self.object_at(body, pointer)
        if members is None:
            return None
        is_constant = "constant" in members
        known = ("constant",) if is_constant else ("sources", "transforms", "default")
        self.refuse_others(members, ("target", *known), pointer)
        spec = self._target(members, pointer)
        if spec is None:
            return None
        if is_constant:
            constant = self._value(spec, members, "constant", pointer)
            return FieldMapping(target=spec.name, constant=constant)
        given = self.required(members, "sources", pointer)
        sources = () if given is None else self._sources(given, f"{pointer}/sources")
        transforms = self._transforms(members.get("transforms", []), f"{pointer}/transforms")
        default = None
        if members.get("default") is not None:
            default = self._value(spec, members, "default", pointer)
        mapping = FieldMapping(
            target=spec.name, sources=sources, transforms=transforms, default=default
        )
        if len(self.violations) == before:
            self._check_shape(spec, mapping, pointer)
            self._check_table(spec, mapping, pointer)
        return mapping

    def _target(self, members: Mapping[str, Any], pointer: str) -> FieldSpec | None:
        given, at = self.required(members, "target", pointer), f"{pointer}/target"
        name = None if given is None else self.choice_at(given, at, self._targets.fields)
        if name is None:
            return None
        if name in self._seen:
            self.refuse(at, "MAPPING_TARGET_TWICE")
        self._seen.add(name)
        return self._targets.fields[name]

    def _value(self, spec: FieldSpec, members: Mapping[str, Any], name: str, above: str) -> Any:
        given, pointer = self.required(members, name, above), child(above, name)
        if given is None:
            return None
        try:
            return json_value(parse_fact(spec, given))
        except WrongValue as wrong:
            return self.refuse(pointer, wrong.code, **wrong.params)

    def _sources(self, body: Any, pointer: str) -> tuple[SourcePath, ...]:
        sources = []
        for position, each in enumerate(self.list_at(body, pointer, 1, MAX_SOURCES) or ()):
            at = child(pointer, position)
            text = self.text_at(each, at, MAX_PATH, 1)
            try:
                sources += [] if text is None else [parse_path(text)]
            except WrongValue as wrong:
                self.refuse(at, wrong.code, **wrong.params)
        return tuple(sources)

    def _transforms(self, body: Any, pointer: str) -> tuple[Transform, ...]:
        given = self.list_at(body, pointer, 0, MAX_TRANSFORMS) or ()
        read = [self._transform(each, child(pointer, n)) for n, each in enumerate(given)]
        return tuple(each for each in read if each is not None)

    def _transform(self, body: Any, pointer: str) -> Transform | None:
        members = self.object_at(body, pointer)
        given = None if members is None else self.required(members, "kind", pointer)
        if members is None or given is None:
            return None
        name = self.choice_at(given, f"{pointer}/kind", list(TransformKind))
        if name is None:
            return None
        kind = TransformKind(name)
        own = _MEMBERS.get(kind, ())
        self.refuse_others(members, ("kind", *own), pointer)
        transform = Transform(kind=kind)
        for member in own:
            value = self._member(kind, member, members, pointer)
            if value is not None:
                transform = replace(transform, **{member: value})
        return transform

    def _member(
        self, kind: TransformKind, name: str, members: Mapping[str, Any], above: str
    ) -> Any:
        pointer, given = child(above, name), members.get(name)
        if name in ("separator", "table", "format") and self.required(members, name, above) is None:
            return None
        if given is None:
            return None
        if name == "separator":
            least = 1 if kind is TransformKind.SPLIT else 0
            return self.text_at(given, pointer, MAX_SEPARATOR, least)
        if name == "index":
            return self.integer_at(given, pointer, 0, MAX_TABLE)
        if name == "unlisted":
            chosen = self.choice_at(given, pointer, list(Unlisted))
            return None if chosen is None else Unlisted(chosen)
        if name == "table":
            return self._table(given, pointer)
        return self._zone(given, pointer) if name == "zone" else self._format(kind, given, pointer)

    def _table(self, body: Any, pointer: str) -> dict[str, Any] | None:
        table = self.object_at(body, pointer, MAX_TABLE)
        for given, value in (table or {}).items():
            if isinstance(value, dict | list):
                self.refuse(child(pointer, given), "TYPE_INVALID", expected="string")
        return table

    def _zone(self, body: Any, pointer: str) -> str | None:
        name = self.text_at(body, pointer, 100, 1)
        try:
            return None if name is None else ZoneInfo(name).key
        except (ValueError, ZoneInfoNotFoundError, OSError):
            return self.refuse(pointer, "MAPPING_ZONE_UNKNOWN")

    def _format(self, kind: TransformKind, body: Any, pointer: str) -> str | None:
        text = self.text_at(body, pointer, MAX_FORMAT, 1)
        if text is None:
            return None
        found = _DIRECTIVE.findall(text)
        parts = _OF_TIMES if kind is TransformKind.INSTANT else _OF_DAYS
        once = [each for each in found if each != "%"]
        is_whole = all(len(part & set(found)) == 1 for part in parts)
        if not is_whole or not _ALLOWED.issuperset(found) or len(once) > len(set(once)):
            return self.refuse(pointer, "MAPPING_FORMAT_INVALID")
        return text

    def _check_shape(self, spec: FieldSpec, mapping: FieldMapping, pointer: str) -> None:
        """Note where a list comes to a step, or to a target, that takes one value."""
        is_list = any(source.finds_list for source in mapping.sources)
        for position, transform in enumerate(mapping.transforms):
            if transform.kind is TransformKind.SPLIT:
                if is_list:
                    self.refuse(f"{pointer}/transforms/{position}", "MAPPING_LIST_UNEXPECTED")
                is_list = transform.index is None
            elif transform.kind is TransformKind.JOIN:
                is_list = False
        if is_list and spec.type not in LIST_TYPES:
            self.refuse(pointer, "MAPPING_LIST_UNEXPECTED")

    def _check_table(self, spec: FieldSpec, mapping: FieldMapping, pointer: str) -> None:
        """Note the values of a last value table that do not fit the target."""
        last = len(mapping.transforms) - 1
        if last < 0 or mapping.transforms[last].kind is not TransformKind.VALUE_TABLE:
            return
        at = f"{pointer}/transforms/{last}/table"
        for given, value in mapping.transforms[last].table.items():
            try:
                _ = None if is_empty(value) else fitting_value(spec, value)
            except WrongValue as wrong:
                self.refuse(child(at, given), wrong.code, **wrong.params)
