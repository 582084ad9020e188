"""Routes for administrators to publish records again and to follow the progress."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from chassis.foundation.clock import Now
from chassis.records.lists.filters import EnumFilter
from chassis.records.lists.listing import Listing
from chassis.records.run_routes import RunOut, RunRoutes, add_run_routes
from chassis.records.snapshots import runs
from chassis.records.snapshots.runs import SnapshotStatus
from chassis.records.snapshots.tables import event_snapshots
from chassis.web.auth import Caller, allow
from chassis.web.operators import OperatedTenant, operating
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.texts import TrimmedText


class SnapshotIn(BaseModel):
    """What to publish again: the records of one aggregate, or of all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"aggregate": None, "records_per_second": 200}},
    )
    aggregate: Annotated[
        str | None, Field(max_length=100, description="Such as `account`; null for all")
    ] = None
    records_per_second: Annotated[
        StrictInt | None,
        Field(ge=1, le=10_000, description="The most to publish; null for no limit"),
    ] = None
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None


class SnapshotOut(RunOut):
    """A snapshot and its progress; copies have all records once it is FINISHED and consumed."""

    status: SnapshotStatus
    aggregates: list[str]
    aggregate: Annotated[str | None, Field(description="The aggregate being published")]
    published: int
    total: Annotated[int | None, Field(description="Null before the first page")]
    records_per_second: int | None
    error: str | None


LISTING = Listing(
    event_snapshots,
    SnapshotOut,
    resource="event_snapshot",
    shape=lambda row: SnapshotOut.model_validate(runs.run_of(dict(row))),
    filters=[EnumFilter("status", SnapshotStatus), "requested_by", "requested_at"],
    sorts=["requested_at"],
    technical=True,
)

SNAPSHOTS = RunRoutes(
    listing=LISTING,
    noun="snapshot",
    get=runs.get_run,
    cancel=runs.cancel_snapshot,
    cancelled="Publish no further record; those that were published stay in the copies",
)


def snapshot_router(service: str) -> APIRouter:
    """Build the routes under `/event-snapshots`; the caller needs `<service>.event.admin`."""
    router = new_router("/event-snapshots", tag="events")
    admin = [allow(f"{service}.event.admin")]

    @router.post("", status_code=202, dependencies=admin)
    async def event_snapshot_create(
        body: SnapshotIn, tx: Tx, caller: Caller, tenant: OperatedTenant, now: Now
    ) -> SnapshotOut:
        """Publish the present state of the tenant's records again; processes ignore it."""
        async with operating(tx, caller, tenant):
            run = await runs.request_snapshot(
                tx,
                service,
                body.aggregate,
                by=caller.subject,
                now=now,
                records_per_second=body.records_per_second,
                note=body.note,
            )
            return SnapshotOut.model_validate(run)

    add_run_routes(router, SNAPSHOTS, admin)
    return router
