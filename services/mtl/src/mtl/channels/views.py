"""Reads a payload as a channel does: its mapping, the fields of a lead, and the quality gate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import orjson
from pydantic import ValidationError

from chassis.foundation.canonical_json import canonical_json
from chassis.foundation.violations import violations_of_body
from chassis.records.custom_fields.domain import FieldDefinition, validate_values
from kernel.errors import Invalid, Violation
from kernel.json_pointers import child
from mtl.channels.domain.channel import Channel
from mtl.channels.domain.gate import Gate, GateReason, Verdict, verdict_of
from mtl.channels.domain.rules import LEAD_TARGETS, TARGETS, ChannelRules, parse_rules
from mtl.leads.domain.details import IDENTIFYING_FIELDS, LeadDetails
from mtl.leads.domain.scoring import facts_of
from mtl.leads.schemas.fields import LeadFields
from mtl.leads.schemas.spellings import read_cells
from rules.custom_fields import CUSTOM, custom_facts, custom_field_spec
from rules.fact_values import WrongValue
from rules.mapping import MappedField, MappedPayload, fitting_value, map_payload
from rules.transforms import is_empty

Definitions = Mapping[str, FieldDefinition]
_OF_LEADS: Final = (*LEAD_TARGETS, "expected_on")


@dataclass(frozen=True)
class ReadPayload:
    """What a channel reads in a payload.

    `values` are those of all targets, `details` the valid fields of a lead; `reasons` say why it is
    no lead at once. `trapped` says that a machine filled in the hidden field.
    """

    mapped: tuple[MappedField, ...]
    values: Mapping[str, Any]
    details: LeadDetails
    reasons: tuple[GateReason, ...]
    trapped: bool = False

    @property
    def verdict(self) -> Verdict:
        """What becomes of the capture."""
        return Verdict.REJECTED if self.trapped else verdict_of(self.reasons)


def rules_of(channel: Channel, definitions: Definitions) -> ChannelRules:
    """Return the rules of a channel, made ready for many payloads.

    Raises Invalid for rules that a later change of the custom fields broke.
    """
    content = canonical_json([channel.mapping, channel.gate, channel.honeypot])
    if definitions:
        specs = [custom_field_spec(each) for each in definitions.values()]
        return parse_rules(channel.mapping, channel.gate, channel.honeypot, specs)
    return _rules(content)


@lru_cache(maxsize=256)
def _rules(content: bytes) -> ChannelRules:
    """Return the rules of a channel of a tenant without custom fields."""
    mapping, gate, honeypot = orjson.loads(content)
    return parse_rules(mapping, gate, honeypot, ())


def read_payload(
    channel: Channel, rules: ChannelRules, definitions: Definitions, payload: Mapping[str, Any]
) -> ReadPayload:
    """Read a payload by the rules of a channel, and judge it."""
    mapped = map_payload(rules.targets, rules.mappings, payload)
    values = {"source": channel.name, **mapped.values}
    details, violations = read_fields(values, definitions)
    gate = rules.gate
    reasons = [*_failures(gate, mapped), *_invalid(gate, violations)]
    facts = {
        **facts_of(details),
        **custom_facts(definitions.values(), details.custom_fields),
    }
    judged = gate.reasons(_judged_fields(details, values), facts)
    reasons += [each for each in judged if each.field not in {one.field for one in reasons}]
    trapped = rules.honeypot is not None and not _is_blank(rules.honeypot.find(payload))
    return ReadPayload(mapped.fields, values, details, tuple(reasons), trapped)


def read_fields(
    values: Mapping[str, Any], definitions: Definitions
) -> tuple[LeadDetails, list[Violation]]:
    """Return the valid fields of a lead, and what is wrong with the others."""
    body = read_cells({name: values[name] for name in _OF_LEADS if values.get(name) is not None})
    fields, violations = _validated(body)
    own = {
        name.removeprefix(CUSTOM): value
        for name, value in values.items()
        if name.startswith(CUSTOM)
    }
    custom, wrong = validate_values(definitions, own, None)
    violations += [replace(each, pointer=_custom_pointer(each.pointer)) for each in wrong]
    details = LeadDetails(**{**dict(fields), "custom_fields": custom})
    if all(getattr(details, name) is None for name in IDENTIFYING_FIELDS):
        violations.append(Violation("", "LEAD_EMPTY"))
    return details, violations


def fitted_values(values: Mapping[str, Any], definitions: Definitions) -> dict[str, Any]:
    """Return values of targets as a mapping would give them; null stays.

    Raises Invalid with all violations, at `/fields/<target>`.
    """
    specs = map(custom_field_spec, definitions.values())
    targets = TARGETS.with_fields(specs).fields
    fitted: dict[str, Any] = {}
    violations: list[Violation] = []
    for name, value in values.items():
        pointer = child("/fields", name)
        if name not in targets:
            violations.append(Violation(pointer, "UNKNOWN_FIELD"))
            continue
        try:
            fitted[name] = None if is_empty(value) else fitting_value(targets[name], value)
        except WrongValue as wrong:
            violations.append(Violation(pointer, wrong.code, wrong.params))
    if violations:
        raise Invalid(violations)
    return fitted


def _validated(body: Mapping[str, Any]) -> tuple[LeadFields, list[Violation]]:
    """Return the fields without those that are invalid."""
    try:
        return LeadFields.model_validate(dict(body)), []
    except ValidationError as invalid:
        violations = violations_of_body(invalid)
    wrong = {each.pointer.split("/")[1] for each in violations}
    kept, _ = _validated({name: value for name, value in body.items() if name not in wrong})
    return kept, violations


def _failures(gate: Gate, mapped: MappedPayload) -> Iterator[GateReason]:
    for each in mapped.failures:
        assert each.failure is not None
        yield gate.invalid(each.failure.code, each.failure.params, each.target)


def _invalid(gate: Gate, violations: list[Violation]) -> Iterator[GateReason]:
    for each in violations:
        name = each.pointer.split("/")[1] if each.pointer else None
        yield gate.invalid(each.code, each.params, name)


def _judged_fields(details: LeadDetails, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as the gate sees them: those of the lead as stored, others as given."""
    custom = {f"{CUSTOM}{key}": value for key, value in details.custom_fields.items()}
    of_lead = {name: getattr(details, name, values.get(name)) for name in _OF_LEADS}
    return {**of_lead, **custom}


def _custom_pointer(pointer: str) -> str:
    """`/custom_fields/colour` becomes the name of the target: `/custom.colour`."""
    return f"/{CUSTOM}{pointer.rpartition('/')[2]}"


def _is_blank(value: Any) -> bool:
    return value is None or value is False or value in ("", [], {})
