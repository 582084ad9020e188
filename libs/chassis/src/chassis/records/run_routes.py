"""The routes that snapshots, rebuilds and resends share: list, get, cancel and audit."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.clock import Now
from chassis.records.audit.routes import audit_router
from chassis.records.lists.json_lines import requested_json_lines
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing
from chassis.web.auth import Caller, allow
from chassis.web.operators import OperatedTenant, operating
from chassis.web.references import PersonSubject
from chassis.web.transaction import Tx
from kernel.errors import Invalid, Violation
from kernel.texts import TrimmedText


class RunCancelIn(BaseModel):
    """Why a run is cancelled."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"note": "the wrong aggregate"}}
    )
    note: Annotated[str, TrimmedText(min_length=1, max_length=500)] | None = None


class RunOut(BaseModel):
    """A run: who requested it, who cancelled it, and how far it is."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    requested_by: Annotated[str, PersonSubject]
    requested_by_name: str | None = None
    note: str | None
    cancelled_by: Annotated[str | None, PersonSubject] = Field(
        description="Who ended it before it was finished, if anybody"
    )
    cancelled_by_name: str | None = None
    cancel_note: str | None
    requested_at: datetime
    progressed_at: datetime
    finished_at: datetime | None = Field(description="Null while it runs")


@dataclass(frozen=True, kw_only=True)
class RunRoutes:
    """What the routes of a kind of run need.

    The name of the resource of the `listing` begins the operation ids, and `noun` names a run in
    texts and its id in the path. `get` and `cancel` work on one. `cancelled` says what cancelling
    does.
    """

    listing: Listing[Any]
    noun: str
    get: Callable[..., Awaitable[Any]]
    cancel: Callable[..., Awaitable[Any]]
    cancelled: str


def add_run_routes(router: APIRouter, runs: RunRoutes, dependencies: list[Any]) -> None:
    """Add list, get and cancel to the router of a kind of run."""
    answer: type[RunOut] = runs.listing.shows
    name = runs.listing.resource
    guard: dict[str, Any] = {"dependencies": dependencies}
    id_type: Any = Annotated[UUID, Path(alias=f"{runs.noun}_id")]
    path = f"/{{{runs.noun}_id}}"
    as_tenant = Depends(_as_operated_tenant, scope="function")
    add_list_routes(router, runs.listing, guard=[*dependencies, as_tenant])

    @router.get(path, name=f"{name}_get", summary=f"Get a {runs.noun} with its progress", **guard)
    async def run_get(run_id: id_type, tx: Tx, caller: Caller, tenant: OperatedTenant) -> answer:  # type: ignore[valid-type]  # FastAPI reads it at run time
        async with operating(tx, caller, tenant):
            return answer.model_validate(await runs.get(tx, run_id))

    @router.post(f"{path}/cancel", name=f"{name}_cancel", summary=runs.cancelled, **guard)
    async def run_cancel(
        run_id: id_type,
        body: RunCancelIn,
        tx: Tx,
        caller: Caller,
        tenant: OperatedTenant,
        now: Now,
    ) -> answer:  # type: ignore[valid-type]  # the same
        by, note = caller.subject, body.note
        async with operating(tx, caller, tenant):
            return answer.model_validate(await runs.cancel(tx, run_id, by=by, now=now, note=note))


async def _as_operated_tenant(
    request: Request, tx: Tx, caller: Caller, tenant: OperatedTenant
) -> AsyncIterator[None]:
    """Read a list as the tenant that it is about; a stream has transactions of its own."""
    if tenant != caller.tenant_id and requested_json_lines(request) is not None:
        raise Invalid([Violation("?tenant_id", "STREAM_OF_OTHER_TENANT")])
    async with operating(tx, caller, tenant):
        yield


def run_audit_router(service: str, runs: RunRoutes) -> APIRouter:
    """Build the route that shows who requested and cancelled a run, for administrators."""
    listing = runs.listing
    return audit_router(
        f"/{listing.collection}",
        resource=f"{service}.{listing.resource}",
        table=listing.table,
        dependencies=[allow(f"{service}.event.admin")],
        tag="events",
    )
