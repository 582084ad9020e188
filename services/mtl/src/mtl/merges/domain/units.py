"""The parts of a lead whose values are chosen together when leads are merged."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from mtl.leads.domain.details import LeadDetails


class MergeField(StrEnum):
    """What a merge chooses: a field, or fields whose values are chosen together."""

    name = "name"
    job_title = "job_title"
    department = "department"
    company = "company"
    uscc = "uscc"
    industry = "industry"
    company_size = "company_size"
    website = "website"
    work_phone = "work_phone"
    wechat_id = "wechat_id"
    language = "language"
    external_id = "external_id"
    description = "description"
    need = "need"
    budget = "budget"
    expected_on = "expected_on"
    address = "address"
    source = "source"
    phone = "phone"
    email = "email"
    tags = "tags"
    attributes = "attributes"
    custom_fields = "custom_fields"


# Values that only mean something together come from one lead.
BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "address": ("country", "region_code", "address"),
    "source": (
        "source",
        "source_detail",
        "utm_source",
        "utm_medium",
        "utm_campaign",
        "utm_term",
        "utm_content",
    ),
}
# Fields that hold several values of one kind, which are united; what finds no field is left out.
SLOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "phone": ("phone", "other_phone"),
    "email": ("email", "other_email"),
}
SINGLE_FIELDS: Final = (
    "name",
    "job_title",
    "department",
    "company",
    "uscc",
    "industry",
    "company_size",
    "website",
    "work_phone",
    "wechat_id",
    "language",
    "external_id",
    "description",
    "need",
    "budget",
    "expected_on",
)
TAGS: Final = "tags"  # united, those of the survivor first
# Fields with many values by name, which are united name by name.
MAPPINGS: Final = ("attributes", "custom_fields")
PINNABLE: Final = frozenset({*SINGLE_FIELDS, *BLOCKS, *SLOTS})
FIELDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (name,) for name in SINGLE_FIELDS},
    **BLOCKS,
    **SLOTS,
    TAGS: (TAGS,),
    **{name: (name,) for name in MAPPINGS},
}
MERGED_FIELDS: Final = tuple(dict.fromkeys(one for unit in FIELDS_OF.values() for one in unit))


def values_of(lead: LeadDetails, unit: str) -> dict[str, Any]:
    """Return the values of a lead in the fields of a unit."""
    return {name: getattr(lead, name) for name in FIELDS_OF[unit]}


def is_pinnable(unit: str) -> bool:
    """Whether somebody may choose the lead whose value of this unit counts."""
    mapping, dot, name = unit.partition(".")
    return unit in PINNABLE or (mapping in MAPPINGS and bool(dot) and bool(name))
