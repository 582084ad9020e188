"""The table of consents by the digests of addresses, and all SQL on it."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Table, Text, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.encryption.columns import KeyedDigest
from contracts.consents import ADDRESS_PLACE, GRANTED, WITHDRAWN
from contracts.messages import MessageChannel
from desk.database import metadata

# A withdrawal outlives the erasure of its person: the digest is not marked as personal.
message_consents = Table(
    "message_consents",
    metadata,
    tenant_column(),
    Column("channel", enum_column(MessageChannel), primary_key=True),
    Column("address_digest", KeyedDigest(ADDRESS_PLACE), primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)


async def note_consent(
    tx: AsyncConnection, channel: MessageChannel, digest: bytes, state: str, at: datetime
) -> None:
    """Keep the latest of all facts about an address, in whatever order they arrive.

    Of two of the same instant the withdrawal counts, as in MTL.
    """
    c = message_consents.c
    new = insert(message_consents).values(
        channel=channel, address_digest=digest, state=state, at=at
    )
    is_later = or_(c.at < at, (c.at == at) & (c.state == GRANTED))
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "channel", "address_digest"],
            set_={"state": state, "at": at},
            where=is_later,
        )
    )


async def has_withdrawn(tx: AsyncConnection, channel: MessageChannel, address: str) -> bool:
    """Return whether the person of an address has withdrawn the medium."""
    c = message_consents.c
    query = select(c.state).where(c.channel == channel, c.address_digest == address)
    return await tx.scalar(query) == WITHDRAWN
