"""Facts ORG publishes."""

from typing import Annotated, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from contracts.event import Event, State
from kernel.currencies import CurrencyCode
from kernel.decimals import RateDecimal
from kernel.personal import Personal


def _is_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be an IANA time zone") from None
    return name


class TenantState(State):
    """A tenant as it stands after the fact; its settings are what every service goes by.

    `country` is ISO 3166-1 alpha-2, `languages` are BCP 47, the preferred first; `status` is
    ACTIVE or SUSPENDED; `default_tax_rate` is a fraction: 0.13 is 13 %.
    """

    tenant_id: UUID
    name: str
    timezone: Annotated[str, AfterValidator(_is_timezone)]
    currency: CurrencyCode
    languages: list[str]
    default_tax_rate: RateDecimal
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    status: str


class TenantCreated(Event):
    """There is a new tenant."""

    type: ClassVar[str] = "org.tenant.created.v1"
    tenant: TenantState


class TenantChanged(Event):
    """A tenant's settings or status are other than before."""

    type: ClassVar[str] = "org.tenant.changed.v1"
    tenant: TenantState


class PersonState(State):
    """Somebody who works for the tenant, as they stand after the fact."""

    person_id: UUID
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")] = None
    active: bool


class PersonCreated(Event):
    """Somebody joined."""

    type: ClassVar[str] = "org.person.created.v1"
    person: PersonState


class ClientCreated(Event):
    """A program, such as an ERP, may call us with these scopes."""

    type: ClassVar[str] = "org.client.created.v1"
    client_id: str
    name: str
    scopes: list[str]
