"""Cancels the runs of all tenants that were requested together; the command line's part of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.command_line import failures_as_sentences, worker_transaction
from chassis.database.engine import acting_for
from chassis.foundation import clock
from kernel.errors import Conflict, NotFound

Cancel = Annotated[UUID | None, typer.Option(help="Cancel the runs with this id")]
CancelNote = Annotated[str | None, typer.Option(help="Why, for the audit; with --cancel")]
OnlyTenant = Annotated[UUID | None, typer.Option(help="Cancel only the run of this tenant")]


@dataclass(frozen=True)
class CancellableRun:
    """A kind of run: what it is called in errors, its table, and how one tenant's is cancelled."""

    what: str
    table: Table
    cancel: Callable[..., Awaitable[Any]]


def cancel_by_command(
    service: str,
    kind: CancellableRun,
    run_id: UUID,
    *,
    tenant: UUID | None = None,
    by: str,
    note: str | None,
) -> None:
    """Cancel the runs with this id, of one tenant or of all, and print how many are cancelled.

    Runs that have ended stay as they are. Raises CommandFailed if there is no such run, or if all
    have ended.
    """

    async def run() -> int:
        async with worker_transaction(service, by=by) as tx:
            tenants = await _tenants_of(tx, kind, run_id, tenant)
            outcomes = [await _is_cancelled(tx, kind, one, run_id, by, note) for one in tenants]
        if not outcomes:
            raise NotFound(kind.what, run_id)
        if not any(outcomes):
            raise Conflict("RUN_ENDED")
        return sum(outcomes)

    with failures_as_sentences(service):
        cancelled = asyncio.run(run())
    typer.echo(f"Cancelled for {cancelled} tenants.")


async def _tenants_of(
    tx: AsyncConnection, kind: CancellableRun, run_id: UUID, tenant: UUID | None
) -> list[UUID]:
    c = kind.table.c
    query = select(c.tenant_id).where(c.id == run_id).order_by(c.tenant_id)
    if tenant is not None:
        query = query.where(c.tenant_id == tenant)
    return list((await tx.execute(query)).scalars())


async def _is_cancelled(
    tx: AsyncConnection, kind: CancellableRun, tenant: UUID, run_id: UUID, by: str, note: str | None
) -> bool:
    """Cancel the run of a tenant; return False if it has ended otherwise."""
    async with acting_for(tx, tenant):
        try:
            await kind.cancel(tx, run_id, by=by, now=clock.now(), note=note)
        except Conflict:
            return False
    return True
