"""What ORG can publish again: the present state of its records."""

from chassis.records.snapshots.job import SnapshotSource
from contracts.org.events import (
    ClientState,
    DepartmentState,
    PersonState,
    RoleState,
    TeamState,
    TenantState,
)
from org.clients import store as clients
from org.departments import store as departments
from org.people import store as people
from org.roles import store as roles
from org.teams.store import TEAM
from org.tenants import store as tenants

SNAPSHOTS = (
    SnapshotSource(TenantState, tenants.tenants, tenants.get),
    SnapshotSource(DepartmentState, departments.departments, departments.get),
    SnapshotSource(PersonState, people.people, people.get),
    SnapshotSource(RoleState, roles.roles, roles.get),
    SnapshotSource(TeamState, TEAM.table, TEAM.get),
    SnapshotSource(ClientState, clients.clients, clients.get),
)
