"""The tables of messages and of what was sent when, and all SQL on them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, Index, Integer, Table, Text, case, delete, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_types import RecordType
from contracts.desk.events import MessageChanged, MessageCreated
from desk.database import metadata
from desk.messages.domain import Message
from desk.messages.schemas import MessageSummary

messages = Table(
    "messages",
    metadata,
    *record_columns(Message, encrypted=("email", "phone"), of="desk.message"),
)
MESSAGE = RecordType(
    scoped=UnownedResource("desk.message", messages),
    entity=Message,
    created=MessageCreated,
    changed=MessageChanged,
)
LISTING = Listing(
    MESSAGE.scoped,
    MessageSummary,
    entity=Message,
    filters=[
        "status",
        "channel",
        CodeFilter("template_code", upper_case),
        "email",
        "phone",
        "about_id",
        "created_at",
    ],
    sorts=["created_at"],
)
# How many messages went to whom in a span of time; `key` names a channel, or an address by digest.
message_rates = Table(
    "message_rates",
    metadata,
    tenant_column(),
    Column("key", Text, primary_key=True),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("used", Integer, nullable=False),
    Index(None, "tenant_id", "began_at"),
)


async def take_turn(tx: AsyncConnection, key: str, *, began_at: datetime, limit: int) -> bool:
    """Count one more message in the span that began then; return False if the limit is reached.

    The row stays locked until the commit, so that simultaneous senders never exceed the limit.
    """
    c = message_rates.c
    row = insert(message_rates).values(key=key, began_at=began_at, used=1)
    is_new_span = c.began_at < began_at
    counted = row.on_conflict_do_update(
        index_elements=["tenant_id", "key"],
        set_={"began_at": began_at, "used": case((is_new_span, 1), else_=c.used + 1)},
        where=or_(is_new_span, c.used < limit),
    )
    return (await tx.execute(counted.returning(c.key))).one_or_none() is not None


async def give_turn_back(tx: AsyncConnection, key: str) -> None:
    """Count a message no longer that is not sent now after all."""
    c = message_rates.c
    await tx.execute(update(message_rates).where(c.key == key).values(used=c.used - 1))


async def forget_turns(tx: AsyncConnection, before: datetime) -> None:
    """Delete the counts of spans that are over."""
    await tx.execute(delete(message_rates).where(message_rates.c.began_at < before))


async def find_message(
    tx: AsyncConnection, message_id: UUID, *, lock: bool = False
) -> Message | None:
    """Return a message; None if there is none."""
    found = await MESSAGE.get_all(tx, [message_id])
    if not found:
        return None
    return await MESSAGE.get(tx, message_id, lock=True) if lock else found[0]
