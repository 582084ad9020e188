"""Validates custom field definitions when they are saved; reports all violations at once."""

from collections.abc import Iterator

from chassis.records.custom_fields.domain import (
    CHOICE_TYPES,
    FieldDefinition,
    FieldType,
    parse_bound,
)
from kernel.errors import Invalid, Violation


def ensure_valid_definition(definition: FieldDefinition) -> None:
    """Raise Invalid with every violation of the definition."""
    violations = [*_choices(definition), *_bounds(definition), *_length(definition)]
    if violations:
        raise Invalid(violations)


def _choices(definition: FieldDefinition) -> Iterator[Violation]:
    if definition.type not in CHOICE_TYPES:
        if definition.choices:
            yield Violation("/choices", "CUSTOM_FIELD_OPTION_UNFIT", {"type": definition.type})
        return
    if not definition.choices:
        yield Violation("/choices", "TOO_SHORT", {"minimum": 1})
    seen: set[str] = set()
    for index, choice in enumerate(definition.choices):
        if choice["value"] in seen:
            yield Violation(f"/choices/{index}/value", "CUSTOM_CHOICE_TWICE")
        seen.add(str(choice["value"]))


def _bounds(definition: FieldDefinition) -> Iterator[Violation]:
    bounds = {"minimum": definition.minimum, "maximum": definition.maximum}
    read = []
    for name, text in bounds.items():
        if text is None:
            continue
        if definition.type not in (FieldType.NUMBER, FieldType.DATE):
            yield Violation(f"/{name}", "CUSTOM_FIELD_OPTION_UNFIT", {"type": definition.type})
            continue
        bound = parse_bound(definition.type, text)
        if bound is None:
            number = definition.type is FieldType.NUMBER
            yield Violation(f"/{name}", "DECIMAL_STRING_INVALID" if number else "DATE_INVALID")
        read.append(bound)
    if len(read) == 2 and None not in read and read[1] < read[0]:
        limit = {"relation": ">=", "limit": definition.minimum}
        yield Violation("/maximum", "TOO_SMALL", limit)


def _length(definition: FieldDefinition) -> Iterator[Violation]:
    if definition.max_length is not None and definition.type is not FieldType.TEXT:
        yield Violation("/max_length", "CUSTOM_FIELD_OPTION_UNFIT", {"type": definition.type})
