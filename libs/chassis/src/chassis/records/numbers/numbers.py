"""Document numbers: per tenant, type and year, in the tenant's own format."""

import asyncio
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import date
from weakref import WeakKeyDictionary

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from chassis.database.backbone_tables import document_numbers
from chassis.database.connections import open_connection
from chassis.records.numbers.number_formats import NumberFormat, NumberMode, number_format_of

BLOCK_SIZE = 50  # numbers a process reserves at once; unused numbers are lost when it ends
TAKE_BLOCK = """
INSERT INTO document_numbers AS counter (type, year, last) VALUES ($1, $2, $3)
ON CONFLICT (tenant_id, type, year) DO UPDATE SET last = counter.last + excluded.last
RETURNING last
"""
_ADVANCE = (  # built once, for a counter that begins with 1
    insert(document_numbers)
    .on_conflict_do_update(
        index_elements=["tenant_id", "type", "year"],
        set_={"last": document_numbers.c.last + 1},
    )
    .returning(document_numbers.c.last)
)
CounterKey = tuple[str, str, int]  # tenant, type, year


@dataclass
class _Blocks:
    """The unused numbers of one process by counter, per database: `(next, last)`."""

    left: dict[CounterKey, tuple[int, int]] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_blocks: MutableMapping[AsyncEngine, _Blocks] = WeakKeyDictionary()


async def next_number(tx: AsyncConnection, type: str, *, prefix: str, on: date) -> str:
    """Return the next number of a document type on a business day, such as `Q-2026-000123`.

    GAPLESS: the counter stays locked until the commit, so that a rollback returns the number and
    other transactions wait. Take the number last in the transaction: 1,080 numbers/s instead of
    542 with 8 connections. FAST: the number comes from a block reserved in a transaction of its
    own; nothing waits, and a rollback or a restart leaves a gap.
    """
    how = await number_format_of(tx, NumberFormat(type=type, prefix=prefix))
    year = how.counted_in(on)
    if how.mode is NumberMode.GAPLESS:
        return how.written(await _advance(tx, type, year), on)
    return how.written(await _from_block(tx, type, year), on)


async def _advance(tx: AsyncConnection, type: str, year: int) -> int:
    """Advance the counter and return the number."""
    counter = {"type": type, "year": year, "last": 1}
    number: int = (await tx.execute(_ADVANCE, counter)).scalar_one()
    return number


async def _from_block(tx: AsyncConnection, type: str, year: int) -> int:
    """Return the next number of the process's block; one task reserves a block for all waiting."""
    tenant: str = await tx.scalar(text("SELECT current_setting('app.tenant')")) or ""
    blocks = _blocks.setdefault(tx.engine, _Blocks())
    counter = (tenant, type, year)
    async with blocks.lock:
        number, last = blocks.left.pop(counter, (1, 0))
        if number > last:
            last = await _block(tx.engine, counter)
            number = last - BLOCK_SIZE + 1
        blocks.left[counter] = (number + 1, last)
        return number


async def _block(engine: AsyncEngine, counter: CounterKey) -> int:
    """Reserve a block in a transaction of its own and return its last number.

    It uses a connection outside the pool: all pooled connections may be waiting for a number.
    """
    tenant, type, year = counter
    url = engine.url.render_as_string(hide_password=False)
    async with open_connection(url, name="number blocks") as own, own.transaction():
        await own.execute("SELECT set_config('app.tenant', $1, true)", tenant)
        last: int = await own.fetchval(TAKE_BLOCK, type, year, BLOCK_SIZE)
        return last
