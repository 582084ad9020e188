"""The replica of working time: what a service needs to measure deadlines by itself."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from chassis.events.replicas import ChildRows, Copy, ReplicaSubscription, replica
from chassis.records.working_time.tables import hours_of_departments, own_days, working_hours
from contracts.org.events import CalendarDayState, WorkingHoursState


def working_time_subscription(service: str) -> ReplicaSubscription:
    """Return the subscription that keeps copies of working hours and of own days.

    Departments and people come from the subscription to the directory.
    """
    return replica(f"{service}.working_time", WORKING_HOURS, OWN_DAYS)


def _department_rows(hours_id: UUID, hours: WorkingHoursState) -> Iterable[Mapping[str, Any]]:
    for department_id in hours.department_ids:
        yield {"working_hours_id": hours_id, "department_id": department_id}


WORKING_HOURS = Copy(
    WorkingHoursState,
    working_hours,
    children=(ChildRows(hours_of_departments.c.working_hours_id, _department_rows),),
)
OWN_DAYS = Copy(CalendarDayState, own_days)
