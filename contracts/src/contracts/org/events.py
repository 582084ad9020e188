"""Events that ORG publishes."""

from typing import Annotated, ClassVar
from uuid import UUID

from contracts.event import Event, Snapshot, SnapshotFinished
from contracts.imports import ImportEnded
from contracts.org.states import (
    CalendarDayState,
    ClientState,
    DepartmentState,
    Leave,
    PersonState,
    Post,
    PrincipalState,
    Quotas,
    RoleState,
    TeamState,
    TenantState,
    WorkingHoursState,
)
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot
from kernel.personal import Personal

# The states that the events carry are imported from here together with the events.
__all__ = [
    "CalendarDayState",
    "ClientState",
    "DepartmentState",
    "Leave",
    "PersonState",
    "Post",
    "PrincipalState",
    "Quotas",
    "RoleState",
    "TeamState",
    "TenantState",
    "WorkingHoursState",
]


class TenantCreated(Event):
    """A tenant was created."""

    type: ClassVar[str] = "org.tenant.created.v1"
    tenant: TenantState


class TenantChanged(Event):
    """The settings, quotas or status of a tenant changed."""

    type: ClassVar[str] = "org.tenant.changed.v1"
    tenant: TenantState


class TenantSnapshot(Snapshot):
    """The present state of a tenant, published again on request."""

    type: ClassVar[str] = "org.tenant.snapshot.v1"
    tenant: TenantState


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
    """A department without people was deleted; it keeps its code and may be restored."""

    type: ClassVar[str] = "org.department.deleted.v1"
    department: DepartmentState


class DepartmentRestored(Event):
    """A deleted department was restored below the parent that it had."""

    type: ClassVar[str] = "org.department.restored.v1"
    department: DepartmentState


class DepartmentSnapshot(Snapshot):
    """The present state of a department, published again on request."""

    type: ClassVar[str] = "org.department.snapshot.v1"
    department: DepartmentState


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


class PersonSnapshot(Snapshot):
    """The present state of a person, published again on request."""

    type: ClassVar[str] = "org.person.snapshot.v1"
    person: PersonState


class RoleCreated(Event):
    """A role was created."""

    type: ClassVar[str] = "org.role.created.v1"
    role: RoleState


class RoleChanged(Event):
    """The name or scopes of a role changed."""

    type: ClassVar[str] = "org.role.changed.v1"
    role: RoleState


class RoleDeleted(Event):
    """A role that nobody held any more was deleted; it may be restored."""

    type: ClassVar[str] = "org.role.deleted.v1"
    role: RoleState


class RoleRestored(Event):
    """A deleted role was restored; nobody has it yet."""

    type: ClassVar[str] = "org.role.restored.v1"
    role: RoleState


class RoleSnapshot(Snapshot):
    """The present state of a role, published again on request."""

    type: ClassVar[str] = "org.role.snapshot.v1"
    role: RoleState


class TeamCreated(Event):
    """A team was created."""

    type: ClassVar[str] = "org.team.created.v1"
    team: TeamState


class TeamChanged(Event):
    """The name or members of a team changed."""

    type: ClassVar[str] = "org.team.changed.v1"
    team: TeamState


class TeamDeleted(Event):
    """A team was deleted; it may be restored."""

    type: ClassVar[str] = "org.team.deleted.v1"
    team: TeamState


class TeamRestored(Event):
    """A deleted team was restored with its members."""

    type: ClassVar[str] = "org.team.restored.v1"
    team: TeamState


class TeamSnapshot(Snapshot):
    """The present state of a team, published again on request."""

    type: ClassVar[str] = "org.team.snapshot.v1"
    team: TeamState


class ClientCreated(Event):
    """A service client, such as an ERP, was created with its scopes."""

    type: ClassVar[str] = "org.client.created.v1"
    client_id: str
    name: str
    scopes: list[str]
    client: ClientState | None = None


class ClientChanged(Event):
    """The name, scopes or active mark of a service client changed."""

    type: ClassVar[str] = "org.client.changed.v1"
    client_id: str
    name: str
    scopes: list[str]
    active: bool = True
    client: ClientState | None = None


class ClientSnapshot(Snapshot):
    """The present state of a service client, published again on request."""

    type: ClassVar[str] = "org.client.snapshot.v1"
    client: ClientState


class PrincipalRevoked(Event):
    """Rights were withdrawn from a person or a service client: their older tokens are refused."""

    type: ClassVar[str] = "org.principal.revoked.v1"
    principal: PrincipalState


class PrincipalSnapshot(Snapshot):
    """Since when the tokens of a person or service client count, published again on request."""

    type: ClassVar[str] = "org.principal.snapshot.v1"
    principal: PrincipalState


class CalendarDayCreated(Event):
    """The tenant declared a day worked or free, whatever the holidays of its country say."""

    type: ClassVar[str] = "org.calendar.created.v1"
    calendar: CalendarDayState


class CalendarDayChanged(Event):
    """The tenant declared a day otherwise, or renamed it."""

    type: ClassVar[str] = "org.calendar.changed.v1"
    calendar: CalendarDayState


class CalendarDayDeleted(Event):
    """The tenant withdrew its declaration of a day: the holidays of its country hold again."""

    type: ClassVar[str] = "org.calendar.deleted.v1"
    calendar: CalendarDayState


class CalendarDaySnapshot(Snapshot):
    """The present declaration of a day, published again on request."""

    type: ClassVar[str] = "org.calendar.snapshot.v1"
    calendar: CalendarDayState


class WorkingHoursCreated(Event):
    """Working hours were created."""

    type: ClassVar[str] = "org.working_hours.created.v1"
    working_hours: WorkingHoursState


class WorkingHoursChanged(Event):
    """The shifts, own days, departments, default mark or another field of working hours changed."""

    type: ClassVar[str] = "org.working_hours.changed.v1"
    working_hours: WorkingHoursState


class WorkingHoursDeleted(Event):
    """Working hours that applied nowhere any more were deleted; they may be restored."""

    type: ClassVar[str] = "org.working_hours.deleted.v1"
    working_hours: WorkingHoursState


class WorkingHoursRestored(Event):
    """Deleted working hours were restored."""

    type: ClassVar[str] = "org.working_hours.restored.v1"
    working_hours: WorkingHoursState


class WorkingHoursSnapshot(Snapshot):
    """The present state of working hours, published again on request."""

    type: ClassVar[str] = "org.working_hours.snapshot.v1"
    working_hours: WorkingHoursState


class OrgImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "org.import.finished.v1"


class TenantTaskRequested(Event):
    """Every service must do its part of a task: EXPORT all rows, ERASE a person, DELETE the tenant.

    An erasure begins with COLLECT: each service reports the values of the person's own records;
    ERASE then names all of them in `values`, so that every service finds them in its texts.
    `ids` are those of the person, contact or lead to erase; phones are E.164, emails lower case.
    `requested_by` is the subject of who requested it.
    """

    type: ClassVar[str] = "org.tenant_task.requested.v1"
    task_id: UUID
    kind: str
    requested_by: str | None = None
    ids: tuple[UUID, ...] = ()
    phones: tuple[Annotated[str, Personal("phone")], ...] = ()
    emails: tuple[Annotated[str, Personal("email")], ...] = ()
    values: tuple[Annotated[str, Personal("name")], ...] = ()


class OrgTenantTaskFinished(TenantTaskEnded):
    """ORG has done its part of a tenant task."""

    type: ClassVar[str] = "org.tenant_task.finished.v1"


class OrgWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "org.work.changed.v1"


class OrgWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "org.work.snapshot.v1"


class OrgSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "org.snapshot_run.finished.v1"
