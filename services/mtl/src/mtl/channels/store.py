"""The table of channels."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.mtl.events import (
    ChannelChanged,
    ChannelCreated,
    ChannelDeleted,
    ChannelRestored,
)
from mtl.channels.domain.channel import Channel
from mtl.channels.schemas.channels import ChannelOut
from mtl.database import metadata

channels = Table("channels", metadata, *record_columns(Channel))
# Channels have no owner: whoever may read channels sees all of them.
CHANNELS: Final = UnownedResource("mtl.channel", channels)
CHANNEL: Final = RecordType(
    scoped=CHANNELS,
    entity=Channel,
    created=ChannelCreated,
    changed=ChannelChanged,
    deleted=ChannelDeleted,
    restored=ChannelRestored,
)
LISTING: Final = Listing(
    CHANNELS,
    ChannelOut,
    entity=Channel,
    filters=["name", "kind", "active", "default_owner_id", "created_at", "updated_at"],
    sorts=["created_at", "updated_at", "name"],
    words=["name"],
    custom=custom_conditions,
)


async def channels_that_give_to(tx: AsyncConnection, owner_id: str) -> Sequence[Channel]:
    """Return the channels whose new leads a person gets, by id."""
    c = channels.c
    query = select(channels).where(c.default_owner_id == owner_id, c.deleted_at.is_(None))
    rows = (await tx.execute(query.order_by(c.id))).mappings()
    return [from_columns(Channel, dict(row)) for row in rows]
