"""What the mapping and the gate of a channel say, read from their documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel.errors import Invalid, Violation
from kernel.json_pointers import child
from mtl.channels.domain.gate import Gate
from mtl.consents.domain import ConsentMedium
from mtl.leads.domain.scoring import LEAD_FACTS
from rules.condition_json import ConditionReader
from rules.conditions import Condition
from rules.custom_fields import CUSTOM
from rules.fact_values import WrongValue
from rules.fields import FactSchema, FactType, FieldSpec
from rules.json_reader import JsonReader
from rules.mapping import FieldMapping
from rules.mapping_json import check_mapping
from rules.source_paths import SourcePath, parse_path

# The fields of a lead that a payload may fill; the values are read as cells of files are.
LEAD_TARGETS: Final = (
    "name",
    "job_title",
    "department",
    "company",
    "uscc",
    "industry",
    "company_size",
    "website",
    "country",
    "region_code",
    "address",
    "phone",
    "work_phone",
    "other_phone",
    "email",
    "other_email",
    "wechat_id",
    "language",
    "external_id",
    "description",
    "need",
    "budget",
    "budget_currency",
    "source",
    "source_detail",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)
CONSENT_MEDIA, CONSENT_TEXT, CONSENT_VERSION = "consent.media", "consent.text", "consent.version"
CONSENT_AT, CONSENT_SOURCE = "consent.at", "consent.source"
EVENT_ID, TOUCH_AT, TOUCH_SUBJECT = "event_id", "touch.at", "touch.subject"


def _spec(name: str, kind: FactType) -> FieldSpec:
    return FieldSpec(name=name, type=kind, label=f"LeadField.{name}")


TARGETS: Final = FactSchema.of(
    *(_spec(name, FactType.TEXT) for name in LEAD_TARGETS),
    _spec("expected_on", FactType.DATE),
    _spec(EVENT_ID, FactType.TEXT),
    _spec(TOUCH_AT, FactType.INSTANT),
    _spec(TOUCH_SUBJECT, FactType.TEXT),
    FieldSpec(
        name=CONSENT_MEDIA,
        type=FactType.ENUM_LIST,
        label=f"LeadField.{CONSENT_MEDIA}",
        values=tuple(medium.value for medium in ConsentMedium),
    ),
    *(_spec(name, FactType.TEXT) for name in (CONSENT_TEXT, CONSENT_VERSION, CONSENT_SOURCE)),
    _spec(CONSENT_AT, FactType.INSTANT),
)


@dataclass(frozen=True)
class ChannelRules:
    """How a channel reads payloads and judges them; ready for many."""

    targets: FactSchema
    mappings: tuple[FieldMapping, ...]
    gate: Gate
    honeypot: SourcePath | None


def parse_rules(
    mapping: Mapping[str, Any],
    gate: Mapping[str, Any],
    honeypot: str | None,
    custom: Iterable[FieldSpec],
) -> ChannelRules:
    """Read the rules of a channel. Raises Invalid with all violations, at the channel's fields."""
    specs = list(custom)
    targets = TARGETS.with_fields(specs)
    violations: list[Violation] = []
    mappings = _mappings(targets, mapping, violations)
    conditions = _conditions(LEAD_FACTS.with_fields(specs), gate, violations)
    violations += _unknown_fields(targets, gate)
    path = None if honeypot is None else _path(honeypot, violations)
    if violations:
        raise Invalid(violations)
    return ChannelRules(targets, mappings, Gate.of(gate, conditions), path)


def _mappings(
    targets: FactSchema, mapping: Mapping[str, Any], violations: list[Violation]
) -> tuple[FieldMapping, ...]:
    """Return the mappings; without any, each target takes the member of its own name."""
    if not mapping.get("fields") and not mapping.keys() - {"fields"}:
        names = ((name, f"/{name}") for name in targets.fields)
        return tuple(FieldMapping(target=n, sources=(parse_path(at),)) for n, at in names)
    try:
        return check_mapping(targets, mapping, at="/mapping")
    except Invalid as invalid:
        violations += invalid.violations
        return ()


def _conditions(
    facts: FactSchema, gate: Mapping[str, Any], violations: list[Violation]
) -> list[Condition]:
    reader = JsonReader()
    conditions = ConditionReader(facts, reader)
    read = []
    for position, each in enumerate(gate.get("conditions", ())):
        at = child(child("/gate/conditions", position), "when")
        read.append(conditions.read(each["when"], at))
    violations += reader.violations
    return [each for each in read if each is not None]


def _unknown_fields(targets: FactSchema, gate: Mapping[str, Any]) -> Iterator[Violation]:
    known = [name for name in targets.fields if "." not in name or name.startswith(CUSTOM)]
    for position, name in enumerate(gate.get("required_fields", ())):
        if name not in known or name == EVENT_ID:
            yield Violation(child("/gate/required_fields", position), "CHANNEL_FIELD_UNKNOWN")


def _path(text: str, violations: list[Violation]) -> SourcePath | None:
    try:
        return parse_path(text)
    except WrongValue as wrong:
        violations.append(Violation("/honeypot", wrong.code, wrong.params))
        return None
