"""Consents and withdrawals that MTL has recorded."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.messages import MessageChannel
from contracts.mtl.events import ConsentRecorded, ConsentSnapshot
from desk.message_consents.actions import follow_consent

_CHANNELS: Final = {"MAIL": MessageChannel.MAIL, "MESSAGE": MessageChannel.SMS}


async def on_consent_recorded(
    tx: AsyncConnection, event: ConsentRecorded | ConsentSnapshot, meta: EventMeta
) -> None:
    """Note the consent of an address; media that desk has no channel for do not matter here."""
    channel = _CHANNELS.get(event.consent.medium)
    if channel is not None:
        await follow_consent(tx, channel, event.consent)
