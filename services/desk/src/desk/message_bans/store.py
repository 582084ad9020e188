"""The table of message bans and all SQL on it."""

from sqlalchemy import Column, Index, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import KeyedDigest
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.messages import MessageChannel, MessagePurpose
from desk.database import metadata
from desk.message_bans.domain import CONSENT_WITHDRAWN, MessageBan
from desk.message_bans.schemas import MessageBanOut
from desk.message_consents.store import has_withdrawn

message_bans = Table(
    "message_bans",
    metadata,
    *record_columns(MessageBan, without=("address_digest",)),
    Column("address_digest", KeyedDigest("desk.message_ban.address"), nullable=False),
    Index(None, "tenant_id", "channel", "address_digest", unique=True),
)
MESSAGE_BAN = RecordType(
    scoped=UnownedResource("desk.message_ban", message_bans),
    entity=MessageBan,
    is_published=False,
)
LISTING = Listing(
    MESSAGE_BAN.scoped,
    MessageBanOut,
    entity=MessageBan,
    filters=["channel", "reason", "created_at"],
    sorts=["created_at"],
)


async def find_ban(tx: AsyncConnection, channel: MessageChannel, address: str) -> MessageBan | None:
    """Return the ban of an address; None if there is none."""
    c = message_bans.c
    query = select(message_bans).where(c.channel == channel, c.address_digest == address)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(MessageBan, dict(row._mapping))


async def reason_of_ban(
    tx: AsyncConnection, channel: MessageChannel, address: str, purpose: MessagePurpose
) -> str | None:
    """Return why a message of this purpose is not sent to an address; None if it may be.

    A ban stops every message, a withdrawn consent what is MARKETING.
    """
    ban = await find_ban(tx, channel, address)
    if ban is not None:
        return ban.reason
    if purpose is MessagePurpose.MARKETING and await has_withdrawn(tx, channel, address):
        return CONSENT_WITHDRAWN
    return None
