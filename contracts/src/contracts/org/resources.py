"""The resources of org."""

from typing import Final

from contracts.resources import (
    DIRECTION,
    EVERYBODY,
    ONLY_ADMIN,
    PEOPLE,
    SALES_MANAGEMENT,
    Resource,
    common_resources,
    editable,
)

# Everybody needs the directory, code lists, and their own tasks and notifications.
RESOURCES: Final = (
    editable("org.person", read=EVERYBODY, write=PEOPLE),
    editable("org.department", read=EVERYBODY, write=PEOPLE),
    editable("org.team", read=EVERYBODY, write=DIRECTION | PEOPLE),
    editable("org.role", read=EVERYBODY, write=ONLY_ADMIN),
    editable("org.client", read=SALES_MANAGEMENT | PEOPLE, write=ONLY_ADMIN),
    editable("org.calendar", read=EVERYBODY, write=PEOPLE),
    editable("org.working_hours", read=EVERYBODY, write=PEOPLE),
    editable("org.notification", read=EVERYBODY, write=EVERYBODY),
    editable("org.task", read=EVERYBODY, write=EVERYBODY, notices=("TASK_OVERDUE",)),
    editable("org.reminder", read=EVERYBODY, write=EVERYBODY, notices=("REMINDER",)),
    Resource(name="org.leave", scopes={"write": EVERYBODY}),
    Resource(name="org.reference", scopes={"read": EVERYBODY}),
    Resource(name="org.operator", scopes={"admin": ONLY_ADMIN}),
    *common_resources(
        "org",
        imports=PEOPLE,
        exports=PEOPLE,
        field_editors=PEOPLE,
        tenant={"read": EVERYBODY, "write": ONLY_ADMIN, "admin": ONLY_ADMIN},
    ),
)
