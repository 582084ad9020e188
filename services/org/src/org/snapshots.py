"""What ORG can publish again: the present state of its records."""

from functools import partial

from chassis.records.snapshots.job import SnapshotSource
from contracts.org.events import (
    CalendarDayState,
    ClientState,
    DepartmentState,
    PersonState,
    PrincipalState,
    RoleState,
    TeamState,
    TenantState,
    WorkingHoursState,
)
from org.calendars.store import CALENDAR_DAY
from org.clients.store import CLIENT
from org.departments.store import DEPARTMENT
from org.people.store import PERSON
from org.principals import store as principals
from org.roles.store import ROLE
from org.teams.store import TEAM
from org.tenants.store import TENANT
from org.working_hours.store import WORKING_HOURS

SNAPSHOTS = (
    SnapshotSource(TenantState, TENANT.table, TENANT.get),
    SnapshotSource(DepartmentState, DEPARTMENT.table, DEPARTMENT.get),
    SnapshotSource(PersonState, PERSON.table, PERSON.get),
    SnapshotSource(PrincipalState, principals.principals, principals.get),
    SnapshotSource(RoleState, ROLE.table, ROLE.get),
    SnapshotSource(TeamState, TEAM.table, TEAM.get),
    SnapshotSource(ClientState, CLIENT.table, CLIENT.get),
    SnapshotSource(CalendarDayState, CALENDAR_DAY.table, CALENDAR_DAY.get),
    SnapshotSource(
        WorkingHoursState, WORKING_HOURS.table, partial(WORKING_HOURS.get, with_deleted=True)
    ),
)
