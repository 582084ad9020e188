"""The route that shows which approvals a record was asked for, and what became of them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from chassis.records.approvals.actions import NOT_DEPLOYED
from chassis.records.approvals.tables import approval_requests
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.approvals import RequestStatus, declared_approval_kinds


class ApprovalRequestOut(BaseModel):
    """An approval that was asked for; the facts are those that the approvers saw."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    kind: str = Field(examples=["cpq.quote_discount"])
    record_version: int = Field(description="The version that was asked for")
    facts: dict[str, Any]
    lines: list[dict[str, Any]]
    requested_by: Annotated[str, PersonSubject]
    requested_by_name: str | None = None
    requested_at: datetime
    status: RequestStatus
    ended_at: datetime | None
    ended_by: Annotated[str | None, PersonSubject]
    ended_by_name: str | None = None
    reason: str | None = Field(description="What the approver or the asker wrote")
    without_desk: bool = Field(
        description="Nobody was asked: desk is not deployed, and the setting `L2C_APPROVALS` says"
        " what happens then"
    )


def approval_history_router(collection: str, *, resource: str, guard: Any) -> APIRouter:
    """Build `GET {collection}/{record_id}/approvals`; `guard` checks who may read the record."""
    assert any(kind.resource == resource for kind in declared_approval_kinds().values())
    router = new_router(collection, tag=collection.strip("/"))

    @router.get(
        "/{record_id}/approvals", name=f"{resource.split('.')[-1]}_approvals", dependencies=[guard]
    )
    async def approvals(record_id: UUID, tx: Tx, page: PageParams) -> Page[ApprovalRequestOut]:
        """List the approvals that were asked for the record, newest first."""
        c = approval_requests.c
        query = select(approval_requests).where(c.resource == resource, c.record_id == record_id)
        return await fetch_page(tx, query, page, shape=_shape)

    return router


def _shape(row: Any) -> ApprovalRequestOut:
    is_setting = row["reason"] == NOT_DEPLOYED
    shown = {**row, "reason": None if is_setting else row["reason"], "without_desk": is_setting}
    return ApprovalRequestOut.model_validate(shown)
