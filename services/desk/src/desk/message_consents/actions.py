"""What follows from consents: who gets no more marketing."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.messages import MessageChannel
from contracts.mtl.events import ConsentState
from desk.message_consents.store import note_consent


async def follow_consent(
    tx: AsyncConnection, channel: MessageChannel, consent: ConsentState
) -> None:
    """Note a consent or its withdrawal; the latest about an address counts."""
    digest = bytes.fromhex(consent.address_digest)
    await note_consent(tx, channel, digest, consent.state, consent.at)
