"""What is known about a lead: the person, the company, what they need, where they came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Final

from kernel.money import Money
from kernel.personal import Personal
from parties.company_sizes import CompanySize

IDENTIFYING_FIELDS: Final = ("name", "company", "phone", "email", "external_id")  # one is set
# The fields whose values are unique among leads, by kind of key. A work phone may be that of a
# switchboard, which colleagues share.
KEY_FIELDS: Final[Mapping[str, str]] = {
    "phone": "phone",
    "other_phone": "phone",
    "email": "email",
    "other_email": "email",
    "wechat_id": "wechat_id",
    "external_id": "external_id",
}


@dataclass(frozen=True, kw_only=True)
class LeadDetails:
    """The details of a lead and its owner; phones in E.164, mails in lower case.

    `region_code` is a code of GB/T 2260; `utm_*` are the parameters of the advertisement's link.
    `tags` are those that people gave it.
    """

    name: Annotated[str | None, Personal("name")] = None
    job_title: str | None = None
    department: str | None = None
    company: str | None = None
    uscc: str | None = None
    industry: str | None = None
    company_size: CompanySize | None = None
    website: str | None = None
    country: str | None = None
    region_code: str | None = None
    address: Annotated[str | None, Personal("text")] = None
    phone: Annotated[str | None, Personal("phone")] = None
    work_phone: Annotated[str | None, Personal("phone")] = None
    other_phone: Annotated[str | None, Personal("phone")] = None
    email: Annotated[str | None, Personal("email")] = None
    other_email: Annotated[str | None, Personal("email")] = None
    wechat_id: Annotated[str | None, Personal("login")] = None
    language: str | None = None
    external_id: str | None = None
    description: Annotated[str | None, Personal("text")] = None
    need: str | None = None
    budget: Money | None = None
    expected_on: date | None = None
    source: str | None = None
    source_detail: str | None = None
    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    owner_id: str | None = None

    @property
    def has_key(self) -> bool:
        """Whether a lead with these details is found again by what no two leads share."""
        return next(self.keyed_fields(), None) is not None

    def keyed_fields(self) -> Iterator[tuple[str, str, str]]:
        """Yield field, kind and value of each key; a value that two fields repeat only once."""
        found: set[tuple[str, str]] = set()
        for name, kind in KEY_FIELDS.items():
            value: str | None = getattr(self, name)
            if value is not None and (kind, value) not in found:
                found.add((kind, value))
                yield name, kind, value
