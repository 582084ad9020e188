"""The table of channels."""

from typing import Final

from sqlalchemy import Table

from chassis.database.record_columns import record_columns
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
