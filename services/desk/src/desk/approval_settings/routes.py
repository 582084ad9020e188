"""The HTTP API of approval settings."""

from chassis.foundation.clock import Now
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.approval_settings import actions
from desk.approval_settings.schemas import ApprovalSettingsEdit, ApprovalSettingsOut
from desk.approval_settings.store import settings_of_approvals

router = new_router("/approval-settings", tag="approval settings")


@router.get(
    "",
    dependencies=[allow("desk.approval_setting.read")],
    summary="Read whether approvers get links by mail",
)
async def approval_settings_get(tx: Tx, now: Now) -> ApprovalSettingsOut:
    return ApprovalSettingsOut.model_validate(await settings_of_approvals(tx, now))


@router.patch(
    "",
    dependencies=[allow("desk.approval_setting.write")],
    summary="Change whether approvers get links by mail; without them, those that went out are"
    " void",
)
async def approval_settings_edit(
    body: MergePatch[ApprovalSettingsEdit], command: ChangeCommand
) -> ApprovalSettingsOut:
    settings = await actions.edit_settings(command, body.applied)
    return ApprovalSettingsOut.model_validate(settings)


ROUTERS = (router,)
