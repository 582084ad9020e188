"""Facts ORG publishes."""

from datetime import date
from typing import Annotated, Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from contracts.event import Event, State
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from kernel.currencies import CurrencyCode
from kernel.decimals import RateDecimal
from kernel.personal import Personal


def _is_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise ValueError("must be an IANA time zone") from None
    return name


class Quotas(State):
    """What a tenant may use at most; None is without limit.

    `requests_per_minute` counts per API process, `rows` all business records of one service.
    """

    requests_per_minute: int | None = None
    rows: int | None = None
    imports_at_once: int | None = None


class TenantState(State):
    """A tenant as it stands after the fact; its settings are what every service goes by.

    `country` is ISO 3166-1 alpha-2, `languages` are BCP 47, the preferred first; `status` is
    ACTIVE, SUSPENDED (reads only) or DELETED; `default_tax_rate` is a fraction: 0.13 is 13 %.
    `tax_rounding` is LINE (tax is rounded on every line) or DOCUMENT (once per rate, then split).
    """

    tenant_id: UUID
    name: str
    timezone: Annotated[str, AfterValidator(_is_timezone)]
    currency: CurrencyCode
    languages: list[str]
    default_tax_rate: RateDecimal
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    status: str
    tax_rounding: str = "LINE"
    quotas: Quotas = Quotas()


class TenantCreated(Event):
    """There is a new tenant."""

    type: ClassVar[str] = "org.tenant.created.v1"
    tenant: TenantState


class TenantChanged(Event):
    """A tenant's settings or status are other than before."""

    type: ClassVar[str] = "org.tenant.changed.v1"
    tenant: TenantState


class DepartmentState(State):
    """A node of the tree as it stands after the fact; the root has no parent.

    `manager_id` is the person who heads it, and so sees what it and all below it own.
    """

    department_id: UUID
    name: str
    code: str | None = None
    parent_id: UUID | None = None
    manager_id: UUID | None = None
    active: bool = True
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class DepartmentCreated(Event):
    """There is a new department."""

    type: ClassVar[str] = "org.department.created.v1"
    department: DepartmentState


class DepartmentChanged(Event):
    """It has another name, code, manager or activity."""

    type: ClassVar[str] = "org.department.changed.v1"
    department: DepartmentState


class DepartmentMoved(Event):
    """It stands below another department, with all that stands below it."""

    type: ClassVar[str] = "org.department.moved.v1"
    department: DepartmentState
    from_parent_id: UUID | None = None


class DepartmentDeleted(Event):
    """It is gone; nobody was in it any more."""

    type: ClassVar[str] = "org.department.deleted.v1"
    department: DepartmentState


class Post(State):
    """What somebody does in a department; one post of a person is the primary one."""

    department_id: UUID
    title: str | None = None
    primary: bool = True


class Leave(State):
    """Somebody is away in `[from_date, to_date)`; the substitute sees and does their work."""

    from_date: date
    to_date: date
    substitute_id: UUID | None = None


class PersonState(State):
    """Somebody who works for the tenant, as they stand after the fact.

    `subject` is the `sub` of their tokens, which records name as their owner; of the development
    issuer it is the id.
    """

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


class PersonCreated(Event):
    """Somebody joined."""

    type: ClassVar[str] = "org.person.created.v1"
    person: PersonState


class PersonChanged(Event):
    """Somebody has another name, post, manager, leave or role."""

    type: ClassVar[str] = "org.person.changed.v1"
    person: PersonState


class PersonDeactivated(Event):
    """Somebody left: no new token, and nothing new may be given to them."""

    type: ClassVar[str] = "org.person.deactivated.v1"
    person: PersonState


class PersonReactivated(Event):
    """Somebody is back."""

    type: ClassVar[str] = "org.person.reactivated.v1"
    person: PersonState


class RoleState(State):
    """A set of scopes under a name; `built_in` ones come with every tenant."""

    role_id: UUID
    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False


class RoleCreated(Event):
    """There is a new role."""

    type: ClassVar[str] = "org.role.created.v1"
    role: RoleState


class RoleChanged(Event):
    """The role has other scopes or another name."""

    type: ClassVar[str] = "org.role.changed.v1"
    role: RoleState


class RoleDeleted(Event):
    """The role is gone; nobody had it any more."""

    type: ClassVar[str] = "org.role.deleted.v1"
    role: RoleState


class TeamState(State):
    """People who work together across departments; records can be shared with a team."""

    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...]


class TeamCreated(Event):
    """There is a new team."""

    type: ClassVar[str] = "org.team.created.v1"
    team: TeamState


class TeamChanged(Event):
    """The team has another name or other members."""

    type: ClassVar[str] = "org.team.changed.v1"
    team: TeamState


class TeamDeleted(Event):
    """The team is gone."""

    type: ClassVar[str] = "org.team.deleted.v1"
    team: TeamState


class ClientCreated(Event):
    """A program, such as an ERP, may call us with these scopes."""

    type: ClassVar[str] = "org.client.created.v1"
    client_id: str
    name: str
    scopes: list[str]


class ClientChanged(Event):
    """The program has another name, other scopes, or may call us no more."""

    type: ClassVar[str] = "org.client.changed.v1"
    client_id: str
    name: str
    scopes: list[str]
    active: bool = True


class ImportFinished(ImportEnded):
    """An import has ended: well, badly or because somebody stopped it."""

    type: ClassVar[str] = "org.import.finished.v1"


class TenantTaskRequested(Event):
    """Every service shall do its part: EXPORT all rows, ERASE a person, or DELETE the tenant.

    `ids` are those of the person, contact or lead to erase; phones are E.164, mails lower case.
    """

    type: ClassVar[str] = "org.tenant_task.requested.v1"
    task_id: UUID
    kind: str
    ids: tuple[UUID, ...] = ()
    phones: tuple[Annotated[str, Personal("phone")], ...] = ()
    emails: tuple[Annotated[str, Personal("email")], ...] = ()


class TenantTaskReported(TenantTaskEnded):
    """Org itself has done its part."""

    type: ClassVar[str] = "org.tenant_task.finished.v1"
