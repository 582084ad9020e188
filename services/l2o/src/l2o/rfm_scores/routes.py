"""The HTTP API of RFM scores."""

from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_read
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.rfm_scores import actions
from l2o.rfm_scores.schemas import (
    AccountRfmOut,
    RfmComputationOut,
    RfmSettingsEdit,
    RfmSettingsOut,
)
from l2o.rfm_scores.store import rfm_of, rfm_settings_of

READ, WRITE = [allow("l2o.rfm_settings.read")], [allow("l2o.rfm_settings.write")]
settings_router = new_router("/rfm-settings", tag="RFM scores")
router = new_router("/accounts", tag="RFM scores")


@settings_router.get("", dependencies=READ, summary="Read for how many days orders count")
async def rfm_settings_get(tx: Tx, now: Now) -> RfmSettingsOut:
    return RfmSettingsOut.model_validate(await rfm_settings_of(tx, now))


@settings_router.patch("", dependencies=WRITE, summary="Change for how many days orders count")
async def rfm_settings_edit(
    body: MergePatch[RfmSettingsEdit], command: ChangeCommand
) -> RfmSettingsOut:
    """Change the window; all scores are then computed anew by a job."""
    return RfmSettingsOut.model_validate(await actions.edit_rfm_settings(command, body.applied))


@settings_router.post(
    "/compute", status_code=202, dependencies=WRITE, summary="Compute all RFM scores anew"
)
async def rfm_compute(command: CreateCommand) -> RfmComputationOut:
    """Queue a job that computes the scores of all accounts, as every night."""
    await actions.compute_in_full_soon(command.tx, command.now)
    return RfmComputationOut(queued_at=command.now)


@router.get("/{account_id}/rfm", dependencies=[may_read(ACCOUNTS)], summary="Read its RFM scores")
async def account_rfm(account_id: UUID, tx: Tx, now: Now) -> AccountRfmOut:
    """Get what an account ordered in the window, and its scores from the last computation."""
    await ACCOUNT.get(tx, account_id)
    found = await rfm_of(tx, [account_id])
    return AccountRfmOut.of(account_id, await actions.window_of(tx, now), found.get(account_id))


ROUTERS = (settings_router, router)
