"""Field mapping: how the fields of a record are filled from any JSON payload.

Each target takes the first of its sources that gives a value after all transforms, else its
default; or it is a constant. A value that cannot be transformed or does not fit its target is a
failure: neither the next source nor the default takes its place, as nobody would notice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any

from rules.fact_values import WrongValue, json_value, parse_fact
from rules.fields import LIST_TYPES, FactSchema, FactType, FieldSpec
from rules.source_paths import SourcePath
from rules.transforms import Transform, apply, is_empty, text_of


@dataclass(frozen=True, kw_only=True)
class FieldMapping:
    """How one target is filled: from `sources`, or with a `constant`; JSON, as `default` is."""

    target: str
    sources: tuple[SourcePath, ...] = ()
    transforms: tuple[Transform, ...] = ()
    constant: Any = None
    default: Any = None


@dataclass(frozen=True)
class MappingFailure:
    """Why a target has no value: a code with its params.

    `step` is the number of the transform that failed, from 0; None: its result does not fit.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    step: int | None = None


@dataclass(frozen=True)
class MappedField:
    """What a payload gives for a target.

    `value` is JSON, None if there is none. `source` is the path that it came from, or where it
    failed; None for a constant, a default, or nothing. `found` is what stands there in the payload.
    """

    target: str
    value: Any = None
    source: str | None = None
    found: Any = None
    is_default: bool = False
    failure: MappingFailure | None = None


@dataclass(frozen=True)
class MappedPayload:
    """What a payload gives for all targets, in the order of the mapping."""

    fields: tuple[MappedField, ...]

    @property
    def values(self) -> dict[str, Any]:
        """The JSON values of all targets that have one."""
        return {each.target: each.value for each in self.fields if each.value is not None}

    @property
    def failures(self) -> tuple[MappedField, ...]:
        """The targets whose values failed."""
        return tuple(each for each in self.fields if each.failure is not None)


def map_payload(
    targets: FactSchema, mappings: tuple[FieldMapping, ...], payload: Any
) -> MappedPayload:
    """Fill the targets of mappings that were checked from a payload, in use and as a trial."""
    return MappedPayload(
        tuple(_mapped(targets.fields[each.target], each, payload) for each in mappings)
    )


def fitting_value(spec: FieldSpec, value: Any) -> Any:
    """Return a value as JSON of a target's type: numbers become texts, one value a list.

    Raises WrongValue.
    """
    if spec.type in LIST_TYPES:
        value = [text_of(each) for each in (value if isinstance(value, list) else [value])]
    elif isinstance(value, list):
        raise WrongValue("MAPPING_LIST_UNEXPECTED")
    else:
        value = _scalar(spec.type, value)
    return json_value(parse_fact(spec, value))


def _mapped(spec: FieldSpec, mapping: FieldMapping, payload: Any) -> MappedField:
    if mapping.constant is not None:
        return MappedField(spec.name, mapping.constant)
    for source in mapping.sources:
        found = source.find(payload)
        value, failure = _transformed(spec, mapping.transforms, found)
        if value is not None or failure is not None:
            return MappedField(spec.name, value, source.text, found, failure=failure)
    return MappedField(spec.name, mapping.default, is_default=mapping.default is not None)


def _transformed(
    spec: FieldSpec, transforms: tuple[Transform, ...], value: Any
) -> tuple[Any, MappingFailure | None]:
    """Return the value for a target, None if it is empty, or why there is none."""
    for step, transform in enumerate(transforms):
        try:
            value = apply(transform, value)
        except WrongValue as wrong:
            return None, MappingFailure(wrong.code, wrong.params, step)
    try:
        return (None if is_empty(value) else fitting_value(spec, value)), None
    except WrongValue as wrong:
        return None, MappingFailure(wrong.code, wrong.params)


def _scalar(type_: FactType, value: Any) -> Any:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if type_ is FactType.INTEGER:
        return _integer(value)
    return text_of(value) if is_number else value


def _integer(value: Any) -> Any:
    """Return a whole number as an int, also where it is written as a text or as 3.0."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value) if len(value) < 20 else value
    if isinstance(value, float) and isfinite(value) and value.is_integer():
        return int(Decimal(value))
    return value
