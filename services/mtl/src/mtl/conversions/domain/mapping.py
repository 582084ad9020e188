"""Which fields of a lead fill which fields of the records that it becomes.

Sources are the fields of the lead in its events, `custom.<key>` and `attributes.<name>`. Targets
are `<record>.<field>`, and `<record>.custom.<key>` for the custom fields of L2O, which knows them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from contracts.mtl.events import LeadState
from kernel.errors import Invalid, Violation
from rules.fields import FactSchema, FactType, FieldSpec
from rules.mapping import FieldMapping, MappedPayload, map_payload
from rules.mapping_json import check_mapping
from rules.versions import Content

CUSTOM: Final = "custom"
CUSTOM_FIELDS: Final = "custom_fields"
AMOUNT, CURRENCY = "amount", "amount_currency"
_CUSTOM_TARGET: Final = re.compile(r"(account|contact|opportunity)\.custom\.[a-z][a-z0-9_]{0,62}")
_ROOT: Final = re.compile(r'/?"?([^."/\[]+)')
_OF_NOBODY: Final = frozenset({"lead_id", "deleted", "custom_fields", "status"})
LEAD_FIELDS: Final = (*(one for one in LeadState.model_fields if one not in _OF_NOBODY), CUSTOM)
NEEDED: Final = ("account.name", "contact.name")  # no record is created without them


def _target(name: str, kind: FactType = FactType.TEXT) -> FieldSpec:
    return FieldSpec(name=name, type=kind, label=f"ConversionTarget.{name}")


TARGETS: Final = FactSchema.of(
    _target("account.name"),
    _target("account.phone"),
    _target("account.industry"),
    _target("account.country"),
    _target("account.founded_year", FactType.INTEGER),
    _target("account.employees", FactType.INTEGER),
    _target("account.uscc"),
    _target("account.website"),
    _target("account.region_code"),
    _target("account.company_size"),
    _target("account.email"),
    _target("contact.name"),
    _target("contact.title"),
    _target("contact.phone"),
    _target("contact.email"),
    _target("contact.roles", FactType.TEXT_LIST),
    _target("opportunity.name"),
    _target("opportunity.amount", FactType.DECIMAL),
    _target("opportunity.amount_currency"),
    _target("opportunity.expected_close_date", FactType.DATE),
    _target("opportunity.engaged_date", FactType.DATE),
)
_IDENTIFIED_BY: Final = ("external_id", "email", "phone")
_DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "account.name": ("company", "name", *_IDENTIFIED_BY),
    "account.phone": ("work_phone", "phone"),
    "account.industry": ("industry",),
    "account.country": ("country",),
    "account.uscc": ("uscc",),
    "account.website": ("website",),
    "account.region_code": ("region_code",),
    "account.company_size": ("company_size",),
    "contact.name": ("name", "company", *_IDENTIFIED_BY),
    "contact.title": ("job_title",),
    "contact.phone": ("phone", "other_phone", "work_phone"),
    "contact.email": ("email", "other_email"),
    "opportunity.amount": ("budget.amount",),
    "opportunity.amount_currency": ("budget.currency",),
    "opportunity.expected_close_date": ("expected_on",),
}
DEFAULT_MAPPING: Final[Content] = {
    "fields": [
        {"target": target, "sources": list(sources)} for target, sources in _DEFAULTS.items()
    ]
}
CustomTypes = Mapping[str, FactType]  # the types of the lead's custom fields, by their keys


def read_mapping(body: Any, types: CustomTypes, *, at: str = "") -> "ConversionMapping":
    """Read a mapping that is to be saved, or was saved. `at` points to it in a request body.

    Raises Invalid with all violations (MAPPING_SOURCE_UNKNOWN, MAPPING_TARGET_MISSING, and those of
    `check_mapping`).
    """
    targets = TARGETS.with_fields(_custom_targets(body, types))
    fields = check_mapping(targets, body, at=at)
    violations = [
        *_unknown_sources(fields, at),
        *(
            Violation(f"{at}/fields", "MAPPING_TARGET_MISSING", {"target": name})
            for name in NEEDED
            if name not in {one.target for one in fields}
        ),
    ]
    if violations:
        raise Invalid(violations)
    return ConversionMapping(targets, fields)


def _custom_targets(body: Any, types: CustomTypes) -> Iterator[FieldSpec]:
    """Yield the targets that name custom fields, with the types of what alone fills them."""
    fields = body.get("fields") if isinstance(body, dict) else None
    found: dict[str, FactType] = {}
    for one in fields if isinstance(fields, list) else ():
        name = one.get("target") if isinstance(one, dict) else None
        if isinstance(name, str) and _CUSTOM_TARGET.fullmatch(name):
            found.setdefault(name, _type_of(one, types))
    for name, kind in found.items():
        yield FieldSpec(name=name, type=kind, label=name)


def _type_of(field: Mapping[str, Any], types: CustomTypes) -> FactType:
    sources = field.get("sources")
    if field.get("transforms") or not isinstance(sources, list) or len(sources) != 1:
        return FactType.TEXT
    root, _, key = str(sources[0]).partition(".")
    return types.get(key, FactType.TEXT) if root == CUSTOM else FactType.TEXT


def _unknown_sources(fields: Iterable[FieldMapping], at: str) -> Iterator[Violation]:
    for number, field in enumerate(fields):
        for place, source in enumerate(field.sources):
            root = _ROOT.match(source.text)
            if root is None or root[1] not in LEAD_FIELDS:
                pointer = f"{at}/fields/{number}/sources/{place}"
                yield Violation(pointer, "MAPPING_SOURCE_UNKNOWN", {"source": source.text})


class ConversionMapping:
    """A mapping that was read: it fills the fields of records from a lead."""

    def __init__(self, targets: FactSchema, fields: tuple[FieldMapping, ...]) -> None:
        self._targets = targets
        self._fields = fields

    def mapped(self, lead: LeadState) -> MappedPayload:
        """Return what the lead gives for each target."""
        payload = lead.model_dump(mode="json")
        payload[CUSTOM] = payload.pop(CUSTOM_FIELDS)
        return map_payload(self._targets, self._fields, payload)


def records_of(mapped: MappedPayload) -> dict[str, dict[str, Any]]:
    """Return the values for `account`, `contact` and `opportunity`, by the names of their fields.

    An amount without a currency is none, and so is a currency without an amount.
    """
    records: dict[str, dict[str, Any]] = {"account": {}, "contact": {}, "opportunity": {}}
    for target, value in mapped.values.items():
        record, _, name = target.partition(".")
        if name.startswith(f"{CUSTOM}."):
            key = name.removeprefix(f"{CUSTOM}.")
            records[record].setdefault(CUSTOM_FIELDS, {})[key] = value
        else:
            records[record][name] = value
    opportunity = records["opportunity"]
    amount, currency = opportunity.pop(AMOUNT, None), opportunity.pop(CURRENCY, None)
    if amount is not None and currency is not None:
        opportunity[AMOUNT] = {"amount": amount, "currency": currency}
    return records
