"""The routes of requests: those of the caller and their people, history, withdrawal, figures."""

from datetime import date, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.foundation.clock import start_of_day
from chassis.records.access.guards import may_read, may_write
from chassis.records.attachments.routes import attachment_router
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.tenant_settings import settings_of
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.approvals import store
from desk.approvals.actions import deciding
from desk.approvals.schemas import (
    ApprovalFigures,
    ApprovalOut,
    HistoryEntryOut,
    WithdrawIn,
)
from desk.approvals.store import APPROVAL, APPROVALS, approvals
from desk.approvals.views import requests as views
from kernel.business_dates import BusinessDate
from kernel.errors import Invalid, Violation

MOST_DAYS = 366
READ = may_read(APPROVALS)

router = new_router("/approvals", tag="approvals")
add_list_routes(
    router,
    store.LISTING,
    description="`requested_by` with the caller's own subject shows the requests of the caller.",
)


@router.get("/figures", dependencies=[allow("desk.approval.figures")])
async def approval_figures(
    tx: Tx,
    start: Annotated[BusinessDate, Query(alias="from", examples=["2026-12-01"])],
    end: Annotated[
        BusinessDate, Query(alias="until", description="The last day", examples=["2026-12-31"])
    ],
) -> ApprovalFigures:
    """Count requests by day and kind, decisions by step, and what waits for whom."""
    _ensure_period(start, end)
    timezone = (await settings_of(tx)).timezone
    after = end + timedelta(days=1)
    return await views.figures(
        tx, start=start_of_day(start, timezone), end=start_of_day(after, timezone)
    )


def _ensure_period(start: date, end: date) -> None:
    if not 0 <= (end - start).days < MOST_DAYS:
        raise Invalid([Violation("/until", "PERIOD_INVALID", {"days": MOST_DAYS})])


@router.get("/{approval_id}", dependencies=[READ])
async def approval_get(approval_id: UUID, tx: Tx) -> ApprovalOut:
    """Read a request with its facts, its lines and its steps."""
    return await views.read_approval(tx, approval_id)


@router.get("/{approval_id}/history", dependencies=[READ])
async def approval_history(approval_id: UUID, tx: Tx, page: PageParams) -> Page[HistoryEntryOut]:
    """List what happened to a request, newest first."""
    found = await fetch_page(
        tx, store.history_of(approval_id), page, shape=lambda row: HistoryEntryOut(**row)
    )
    if not found.items:
        await APPROVAL.get(tx, approval_id)
    return found


@router.post("/{approval_id}/withdraw", dependencies=[may_write(APPROVALS)])
async def approval_withdraw(
    approval_id: UUID, body: WithdrawIn, command: ChangeCommand
) -> ApprovalOut:
    """Withdraw a request of the caller or their people: its record can be changed again."""
    approval = await deciding.withdraw(command, approval_id, reason=body.reason)
    return views.shown(approval)


FILES = attachment_router(APPROVALS, collection="approvals", read=READ, write=None)
AUDIT = audit_router(
    "/approvals", resource=APPROVALS.resource, table=approvals, dependencies=[READ]
)
