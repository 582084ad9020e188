"""The HTTP API of activities."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from chassis.records.access.guards import may_list
from chassis.records.access.visibility import Visibility
from chassis.records.lists.day_counts import RequestedPeriod
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.activities import actions, store
from l2o.activities.schemas import (
    ActivityDayRow,
    ActivityDaysOut,
    ActivityEdit,
    ActivityIn,
    ActivityOut,
)
from l2o.activities.store import ACTIVITIES, ACTIVITY, LISTING


def _values(body: ActivityEdit) -> Mapping[str, Any]:
    """Return the fields of an activity that a body describes; its owner stays."""
    people = {name: tuple(getattr(body, name)) for name in ("contact_ids", "participant_ids")}
    return {name: value for name, value in dict(body).items() if name != "owner_id"} | people


RESOURCE = Resource(
    record_type=ACTIVITY,
    collection="/activities",
    listing=LISTING,
    body=ActivityIn,
    edit_body=ActivityEdit,
    answer=ActivityOut,
    create=actions.create_activity,
    edit=actions.edit_activity,
    delete=actions.delete_activity,
    restore=actions.restore_activity,
    values=_values,
    matched_by=(("account_id", "kind", "at", "subject"), ("account_id", "kind", "at")),
    docs={
        "create": "Record what was done with an account\n\n"
        "Whoever may change the account, or the opportunity, may do so.",
        "list": "List activities, newest first\n\nWith `account_id` or `opportunity_id` all of "
        "those that the caller sees, else the activities of the caller and of their people. The "
        "overdue next steps of a person: `owner_id`, `next_step_on__lte` with the day of today, "
        "`done=false` and `sort=next_step_on`.",
        "edit": "Change the fields that the body names\n\nAnother next step is open again.",
    },
)
router = new_router("/activities", tag="activities")


@router.get(
    "/by-day",
    dependencies=[Depends(reject_unknown_parameters)],
    summary="How many activities who had, by day and person",
)
async def activity_count_by_day(
    tx: Tx,
    visibility: Annotated[Visibility, may_list(ACTIVITIES)],
    period: RequestedPeriod,
    owner_id: Annotated[str | None, Query(description="Only those of this person")] = None,
) -> ActivityDaysOut:
    """Count the activities that the caller sees by day of the tenant's calendar, person and kind.

    The counts equal what the list holds. A period has at most 92 days.
    """
    rows = await store.count_by_day(tx, visibility, period, owner_id=owner_id)
    return ActivityDaysOut(rows=[ActivityDayRow.model_validate(dict(row)) for row in rows])


@router.post(
    "/{activity_id}/complete",
    dependencies=[RESOURCE.write_guard],
    summary="Mark the next step of an activity as done",
)
async def activity_complete(
    activity_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> ActivityOut:
    """Mark the next step as done; its task is settled. A step that is done stays as it is."""
    return ActivityOut.model_validate(await actions.complete_next_step(command, activity_id))


ROUTERS = resource_routers(RESOURCE, router)
