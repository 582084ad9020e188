"""Events that ORG publishes."""

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
    """The limits of a tenant; None means no limit.

    `requests_per_minute` counts per API process, `rows` counts all business records of a service.
    """

    requests_per_minute: int | None = None
    rows: int | None = None
    imports_at_once: int | None = None


class TenantState(State):
    """The state of a tenant after the event; every service follows its settings.

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
    """A tenant was created."""

    type: ClassVar[str] = "org.tenant.created.v1"
    tenant: TenantState


class TenantChanged(Event):
    """The settings, quotas or status of a tenant changed."""

    type: ClassVar[str] = "org.tenant.changed.v1"
    tenant: TenantState


class DepartmentState(State):
    """The state of a department after the event; the root of the tree has no parent.

    `manager_id` is the head, who sees the records of this department and of all below it.
    """

    department_id: UUID
    name: str
    code: str | None = None
    parent_id: UUID | None = None
    manager_id: UUID | None = None
    active: bool = True
    custom_fields: dict[str, Any] = Field(default_factory=dict)


class DepartmentCreated(Event):
    """A department was created."""

    type: ClassVar[str] = "org.department.created.v1"
    department: DepartmentState


class DepartmentChanged(Event):
    """The name, code, head, active mark or another field of a department changed."""

    type: ClassVar[str] = "org.department.changed.v1"
    department: DepartmentState


class DepartmentMoved(Event):
    """A department moved below another one, together with all departments below it."""

    type: ClassVar[str] = "org.department.moved.v1"
    department: DepartmentState
    from_parent_id: UUID | None = None


class DepartmentDeleted(Event):
    """A department without people was deleted."""

    type: ClassVar[str] = "org.department.deleted.v1"
    department: DepartmentState


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


class PersonState(State):
    """The state of a person of the tenant after the event.

    `subject` is the `sub` claim of their tokens and the `owner_id` of their records; with the
    development token issuer it equals the id.
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
    """A person was added to the directory."""

    type: ClassVar[str] = "org.person.created.v1"
    person: PersonState


class PersonChanged(Event):
    """The name, posts, manager, leaves, roles or another field of a person changed."""

    type: ClassVar[str] = "org.person.changed.v1"
    person: PersonState


class PersonDeactivated(Event):
    """A person was deactivated: they get no new token and cannot be assigned new records."""

    type: ClassVar[str] = "org.person.deactivated.v1"
    person: PersonState


class PersonReactivated(Event):
    """A deactivated person was reactivated."""

    type: ClassVar[str] = "org.person.reactivated.v1"
    person: PersonState


class RoleState(State):
    """The state of a role (a named set of scopes) after the event.

    Every tenant has the `built_in` roles.
    """

    role_id: UUID
    code: str
    name: str
    scopes: tuple[str, ...]
    built_in: bool = False


class RoleCreated(Event):
    """A role was created."""

    type: ClassVar[str] = "org.role.created.v1"
    role: RoleState


class RoleChanged(Event):
    """The name or scopes of a role changed."""

    type: ClassVar[str] = "org.role.changed.v1"
    role: RoleState


class RoleDeleted(Event):
    """A role that nobody held any more was deleted."""

    type: ClassVar[str] = "org.role.deleted.v1"
    role: RoleState


class TeamState(State):
    """The state of a team after the event: people of any department to share records with."""

    team_id: UUID
    name: str
    member_ids: tuple[UUID, ...]


class TeamCreated(Event):
    """A team was created."""

    type: ClassVar[str] = "org.team.created.v1"
    team: TeamState


class TeamChanged(Event):
    """The name or members of a team changed."""

    type: ClassVar[str] = "org.team.changed.v1"
    team: TeamState


class TeamDeleted(Event):
    """A team was deleted."""

    type: ClassVar[str] = "org.team.deleted.v1"
    team: TeamState


class ClientCreated(Event):
    """A service client, such as an ERP, was created with its scopes."""

    type: ClassVar[str] = "org.client.created.v1"
    client_id: str
    name: str
    scopes: list[str]


class ClientChanged(Event):
    """The name, scopes or active mark of a service client changed."""

    type: ClassVar[str] = "org.client.changed.v1"
    client_id: str
    name: str
    scopes: list[str]
    active: bool = True


class OrgImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "org.import.finished.v1"


class TenantTaskRequested(Event):
    """Every service must do its part of a task: EXPORT all rows, ERASE a person, DELETE the tenant.

    `ids` are those of the person, contact or lead to erase; phones are E.164, emails lower case.
    """

    type: ClassVar[str] = "org.tenant_task.requested.v1"
    task_id: UUID
    kind: str
    ids: tuple[UUID, ...] = ()
    phones: tuple[Annotated[str, Personal("phone")], ...] = ()
    emails: tuple[Annotated[str, Personal("email")], ...] = ()


class OrgTenantTaskFinished(TenantTaskEnded):
    """ORG has done its part of a tenant task."""

    type: ClassVar[str] = "org.tenant_task.finished.v1"
