"""The HTTP API of follow-ups."""

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
from mtl.followups import actions, store
from mtl.followups.domain import ChecklistItem
from mtl.followups.schemas import (
    FollowUpActivityOut,
    FollowUpActivityRow,
    FollowUpEdit,
    FollowUpIn,
    FollowUpOut,
)
from mtl.followups.store import FOLLOW_UP, FOLLOW_UPS, LISTING


def _values(body: FollowUpEdit) -> Mapping[str, Any]:
    checklist = tuple(ChecklistItem(**dict(one)) for one in body.checklist)
    return {**dict(body), "checklist": checklist}


RESOURCE = Resource(
    record_type=FOLLOW_UP,
    collection="/follow-ups",
    listing=LISTING,
    body=FollowUpIn,
    edit_body=FollowUpEdit,
    answer=FollowUpOut,
    create=actions.create_follow_up,
    edit=actions.edit_follow_up,
    delete=actions.delete_follow_up,
    restore=actions.restore_follow_up,
    values=_values,
    imported=False,
    docs={
        "create": "Note what was done about a lead\n\n"
        "The caller did it, and may change the lead. A converted lead has follow-ups too.",
        "list": "List follow-ups, newest first\n\nWith `lead_id` all of the "
        "leads that the caller sees, else those of the caller and of their people. The "
        "overdue next steps of a person: `owner_id`, `next_step_on__lte` with the day of today, "
        "`next_step_done_at__isnull=true` and `sort=next_step_on`.",
        "edit": "Change the fields that the body names\n\nAnother next step is open again.",
    },
)
router = new_router("/follow-ups", tag="follow-ups")
Seen = Annotated[Visibility, may_list(FOLLOW_UPS)]


@router.get(
    "/activity",
    dependencies=[Depends(reject_unknown_parameters)],
    summary="Who followed up how often, by day and person",
)
async def follow_up_activity(
    tx: Tx,
    visibility: Seen,
    period: RequestedPeriod,
    owner_id: Annotated[str | None, Query(description="Only those of this person")] = None,
) -> FollowUpActivityOut:
    """Count the follow-ups that the caller sees by day of the tenant's calendar, person and kind.

    The counts equal what the list holds. A period has at most 92 days.
    """
    rows = await store.activity(tx, visibility, period, owner_id=owner_id)
    return FollowUpActivityOut(rows=[FollowUpActivityRow.model_validate(dict(r)) for r in rows])


@router.post(
    "/{follow_up_id}/complete",
    dependencies=[RESOURCE.write_guard],
    summary="Mark the next step of a follow-up as done",
)
async def follow_up_complete(
    follow_up_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> FollowUpOut:
    """Mark the next step as done; its task is settled. A step that is done stays as it is."""
    done = await actions.complete_next_step(command, follow_up_id)
    return FollowUpOut.model_validate(done)


ROUTERS = resource_routers(RESOURCE, router)
