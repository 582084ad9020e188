"""Routes for administrators to rebuild replicas and to follow the progress."""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.events.rebuilds import requests
from chassis.events.rebuilds.requests import RebuildStatus
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.foundation.clock import Now
from chassis.records.lists.filters import EnumFilter
from chassis.records.lists.listing import Listing
from chassis.records.run_routes import RunOut, RunRoutes, add_run_routes
from chassis.web.auth import Caller, allow
from chassis.web.operators import OperatedTenant, operating
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from kernel.texts import TrimmedText


class RebuildIn(BaseModel):
    """Which replica to rebuild, and of what."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"subscription": "cpq.accounts"}}
    )
    subscription: Annotated[str, Field(max_length=100, description="Such as `cpq.accounts`")]
    snapshot_id: Annotated[
        UUID | None,
        Field(
            description="A finished snapshot of the publisher: what was published since it began"
            " makes the new generation, and rows that it lacks are marked as deleted. Null: all"
            " that the topics hold, and rows that they lack stay"
        ),
    ] = None
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None


class RebuildOut(RunOut):
    """A rebuild and its progress; the present copy answers until it is FINISHED."""

    subscription: str
    status: RebuildStatus
    snapshot_id: UUID | None
    whole_aggregates: Annotated[
        list[str], Field(description="Aggregates of which the snapshot has every record")
    ]
    records_read: int
    records_total: Annotated[int | None, Field(description="Null before the first page")]
    rows_written: Annotated[int | None, Field(description="Rows whose content changed")]
    rows_deleted: Annotated[
        int | None,
        Field(description="Rows marked as deleted, because the publisher does not have them"),
    ]
    rows_kept: Annotated[
        int | None, Field(description="Rows that were not read and may be the publisher's")
    ]
    unreadable: Annotated[int, Field(description="Events that could not be decoded")]
    error: str | None


LISTING = Listing(
    replica_rebuilds,
    RebuildOut,
    resource="replica_rebuild",
    shape=lambda row: RebuildOut.model_validate(requests.rebuild_of(dict(row))),
    filters=[EnumFilter("status", RebuildStatus), "subscription", "requested_by", "requested_at"],
    sorts=["requested_at"],
    technical=True,
)

REBUILDS = RunRoutes(
    listing=LISTING,
    noun="rebuild",
    get=requests.get_rebuild,
    cancel=requests.cancel_rebuild,
    cancelled="Give the new generation up; a copy that was swapped refuses",
)


def rebuild_router(service: str, replicas: Collection[str]) -> APIRouter:
    """Build the routes under `/replica-rebuilds`; the caller needs `<service>.event.admin`."""
    router = new_router("/replica-rebuilds", tag="events")
    admin = [allow(f"{service}.event.admin")]

    @router.post("", status_code=202, dependencies=admin)
    async def replica_rebuild_create(
        body: RebuildIn, tx: Tx, caller: Caller, tenant: OperatedTenant, now: Now
    ) -> RebuildOut:
        """Build a new generation of the tenant's copy, and swap it in when it is complete."""
        requests.ensure_replica(body.subscription, replicas)
        rebuild_id = new_id()
        async with operating(tx, caller, tenant):
            await requests.request_rebuild(
                tx,
                [tenant],
                body.subscription,
                rebuild_id,
                by=caller.subject,
                now=now,
                snapshot_id=body.snapshot_id,
                note=body.note,
            )
            return RebuildOut.model_validate(await requests.get_rebuild(tx, rebuild_id))

    add_run_routes(router, REBUILDS, admin)
    return router
