"""The command that records facts about contact points."""

from collections.abc import Sequence

from chassis.events.outbox import publish_all
from chassis.web.commands import Command
from contracts.mtl.events import ConsentRecorded
from mtl.consents import store
from mtl.consents.domain import Consent


async def record_consents(command: Command, consents: Sequence[Consent]) -> None:
    """Record that people granted or withdrew media, and publish each fact."""
    await store.add_consents(command.tx, consents)
    events = [(ConsentRecorded(consent=one.published()), one) for one in consents]
    await publish_all(command.tx, events)
