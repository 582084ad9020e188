"""The commands of encryption keys: `keys rotate` and `keys status`."""

import asyncio
from collections import Counter
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.command_line import (
    AsJson,
    Operator,
    Service,
    failures_as_sentences,
    show_rows,
    worker_transaction,
)
from chassis.composition.copy_command_line import chosen_tenants
from chassis.database.backbone_tables import jobs
from chassis.database.encryption.sealing import keyring
from chassis.database.engine import acting_for
from chassis.foundation import clock
from chassis.jobs.queue import enqueue
from chassis.tenancy.key_rotation import ROTATION_JOB, rotated_tables, values_by_key

keys = typer.Typer(
    no_args_is_help=True,
    help="Keys of encrypted columns: which are in use, and rotation to the current one.",
    rich_markup_mode=None,
)


@keys.command()
def rotate(
    service: Service,
    *,
    tenant: Annotated[UUID | None, typer.Option(help="Only this tenant; all if omitted")] = None,
    by: Operator = "operator",
) -> None:
    """Encrypt every value that has another key anew, with the first key of the settings."""
    if not rotated_tables(service):
        typer.echo(f"{service} has no encrypted columns.")
        return
    key_id = keyring().current_id

    async def run() -> int:
        async with worker_transaction(service, by=by) as tx:
            tenants = await chosen_tenants(tx, service, tenant)
            for one in tenants:
                async with acting_for(tx, one):
                    await enqueue(
                        tx,
                        ROTATION_JOB,
                        "columns",
                        run_at=clock.now(),
                        payload={"key": key_id},
                        replace=True,
                    )
        return len(tenants)

    with failures_as_sentences(service):
        tenants = asyncio.run(run())
    typer.echo(
        f"The worker encrypts the values of {tenants} tenants with the key {key_id};"
        " `status` shows what is left."
    )


@keys.command()
def status(service: Service, *, as_json: AsJson = False) -> None:
    """Count the encrypted values of all tenants by column and key."""

    async def run() -> tuple[Counter[tuple[str, str]], int]:
        counts: Counter[tuple[str, str]] = Counter()
        async with worker_transaction(service) as tx:
            for one in await chosen_tenants(tx, service, None):
                async with acting_for(tx, one):
                    counts.update(await values_by_key(tx, service))
            return counts, await _unfinished(tx)

    with failures_as_sentences(service):
        counts, unfinished = asyncio.run(run())
    rows = [
        {"column": place, "key": key_id, "values": str(count), "state": _state(key_id)}
        for (place, key_id), count in sorted(counts.items())
    ]
    columns = ("column", "key", "values", "state")
    show_rows(columns, rows, as_json=as_json, none="No value is encrypted.")
    if unfinished and not as_json:
        typer.echo(f"{unfinished} tenants are being rotated.")


def _state(key_id: str) -> str:
    if key_id not in keyring().keys:
        return "MISSING: its values cannot be read"
    return "current" if key_id == keyring().current_id else "old"


async def _unfinished(tx: AsyncConnection) -> int:
    query = select(func.count()).select_from(jobs).where(jobs.c.kind == ROTATION_JOB)
    return await tx.scalar(query) or 0
