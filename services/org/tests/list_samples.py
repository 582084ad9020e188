"""Rows that fill the lists of org when their query plans are checked."""

from hashlib import md5
from uuid import UUID

from kernel.ids import new_id
from testkit.filling import ListSample

# A row in 256 is in the same department, and has the same role.
GROUP = "md5((get_byte(uuid_send(id), 15) % 400)::text)::uuid"
SOME_GROUP = UUID(md5(b"7", usedforsecurity=False).hexdigest())

SAMPLES = {
    "people": ListSample(
        columns={"phone": "'+86138' || lpad((n * 7919 % 100000000)::text, 8, '0')"},
        filters={"department_id": [SOME_GROUP, new_id()], "role_id": [SOME_GROUP, new_id()]},
        further={
            "department_posts": "INSERT INTO department_posts"
            ' (tenant_id, person_id, department_id, "primary")'
            f" SELECT tenant_id, id, {GROUP}, true FROM people",
            "role_holders": "INSERT INTO role_holders (tenant_id, person_id, role_id)"
            f" SELECT tenant_id, id, {GROUP} FROM people",
        },
    ),
    "teams": ListSample(filters={"member_id": [new_id()]}),
    "working-hours": ListSample(
        columns={
            "week": "'{}'::jsonb",
            "own_days": "'[]'::jsonb",
            "make_up_weekday": "'MONDAY'",
            "is_default": "false",
        },
        filters={"department_id": [new_id()]},
    ),
    "notifications": ListSample(filters={"unread": [True, False]}),
    "reminders": ListSample(filters={"sent": [True, False], "waiting": [True, False]}),
}
