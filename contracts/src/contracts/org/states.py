"""The states that the events of ORG carry."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from contracts.event import AggregateState, State
from kernel.business_dates import BusinessDate
from kernel.currencies import CurrencyCode
from kernel.decimals import RateDecimal
from kernel.personal import Personal
from kernel.working_week import OwnWorkingDay, Weekday, WorkingWeek


def _is_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be an IANA time zone") from None
    return name


def _is_timezone_or_none(name: str | None) -> str | None:
    return name if name is None else _is_timezone(name)


class Quotas(State):
    """The limits of a tenant; None means no limit.

    `requests_per_minute` counts per API process, `rows` counts all business records of a service.
    """

    requests_per_minute: int | None = None
    rows: int | None = None
    imports_at_once: int | None = None


class ImplicitlyShared(StrEnum):
    """Kinds of records that are seen with the account or the opportunity they belong to."""

    CONTACT = "l2o.contact"
    OPPORTUNITY = "l2o.opportunity"
    QUOTE = "cpq.quote"
    ORDER = "rms.order"
    RECEIVABLE = "rms.receivable"


class GoesAlong(StrEnum):
    """Kinds of open records that can go along with a transferred account or opportunity."""

    OPPORTUNITY = "l2o.opportunity"
    QUOTE = "cpq.quote"


class TenantState(AggregateState):
    """The state of a tenant after the event; every service follows its settings.

    `country` is ISO 3166-1 alpha-2, `languages` are BCP 47, the preferred first; `status` is
    ACTIVE, SUSPENDED (reads only) or DELETED; `default_tax_rate` is a fraction: 0.13 is 13 %.
    `tax_rounding` is LINE (tax is rounded on every line) or DOCUMENT (once per rate, then split).
    `separate_resources` are the kinds of records that are not seen with what they belong to,
    `transferred_along` those that go along with a transfer that does not say what does.
    """

    aggregate: ClassVar[str] = "org.tenant"
    tenant_id: UUID
    name: str
    timezone: Annotated[str, AfterValidator(_is_timezone)]
    currency: CurrencyCode
    languages: list[str]
    default_tax_rate: RateDecimal
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    status: str
    tax_rounding: str = "LINE"
    separate_resources: tuple[str, ...] = ()
    transferred_along: tuple[str, ...] = ()
    quotas: Quotas = Quotas()


class DepartmentState(AggregateState):
    """The state of a department after the event; the root of the tree has no parent.

    `manager_id` is the head, who sees the records of this department and of all below it.
    """

    aggregate: ClassVar[str] = "org.department"
    department_id: UUID
    name: str
    code: str | None = None
    parent_id: UUID | None = None
    manager_id: UUID | None = None
    active: bool = True
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class Post(State):
    """The position of a person in a department; one post of a person is the primary one."""

    department_id: UUID
    title: str | None = None
    primary: bool = True


class Leave(State):
    """A person is away in `[from_date, to_date)`; the substitute sees and edits their records."""

    from_date: date
    to_date: date
    substitute_id: UUID | None = None


class PersonState(AggregateState):
    """The state of a person of the tenant after the event.

    `subject` is the `sub` claim of their tokens and the `owner_id` of their records; with the
    development token issuer it equals the id.
    """

    aggregate: ClassVar[str] = "org.person"
    person_id: UUID
    name: Annotated[str, Personal("name")]
    email: Annotated[str | None, Personal("email")] = None
    active: bool
    subject: str | None = None
    phone: Annotated[str | None, Personal("phone")] = None
    posts: tuple[Post, ...] = ()
    manager_id: UUID | None = None
    leaves: tuple[Leave, ...] = ()
    role_ids: tuple[UUID, ...] = ()
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class RoleState(AggregateState):
    """The state of a role (a named set of scopes) after the event.

    Every tenant has the `built_in` roles.
    """

    aggregate: ClassVar[str] = "org.role"
    role_id: UUID
    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class TeamState(AggregateState):
    """The state of a team after the event: people of any department to share records with."""

    aggregate: ClassVar[str] = "org.team"
    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...]
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class ClientState(AggregateState):
    """The state of a service client after the event; it never holds the secret.

    `client_id` is its identifier at the token endpoint.
    """

    aggregate: ClassVar[str] = "org.client"
    client_id: str
    name: str
    scopes: tuple[str, ...]
    active: bool = True


class PrincipalState(AggregateState):
    """Whose access tokens were revoked: a person or a service client, by the subject of the tokens.

    Every service refuses tokens of the subject that were issued before `tokens_valid_from`. A
    subject without a state has no revoked tokens.
    """

    aggregate: ClassVar[str] = "org.principal"
    subject: str
    tokens_valid_from: datetime


class CalendarDayState(AggregateState):
    """A day that is declared worked or free, whatever the holidays of the tenant's country say.

    It holds for a department and those below it, up to their own; without one for the tenant.
    """

    aggregate: ClassVar[str] = "org.calendar"
    calendar_day_id: UUID
    date: BusinessDate
    working: bool
    name: str
    department_id: UUID | None = None


class WorkingHoursState(AggregateState):
    """The state of working hours after the event: what `kernel.working_clock` measures time with.

    Clock times are local times of `timezone`; without one, of the tenant's time zone. A shift that
    ends before it starts ends on the next day. Where `follows_calendar` is set, nobody works on the
    tenant's holidays, and make-up workdays are worked like `make_up_weekday`. The hours apply to
    the departments that they are assigned to and to those below, up to the next assignment;
    the default ones to all others.
    """

    aggregate: ClassVar[str] = "org.working_hours"
    working_hours_id: UUID
    name: str
    timezone: Annotated[str | None, AfterValidator(_is_timezone_or_none)] = None
    week: WorkingWeek
    own_days: tuple[OwnWorkingDay, ...] = ()
    follows_calendar: bool = True
    make_up_weekday: Weekday = Weekday.MONDAY
    is_default: bool = False
    department_ids: tuple[UUID, ...] = ()
    custom_fields: dict[str, Any] = Field(default_factory=dict)
