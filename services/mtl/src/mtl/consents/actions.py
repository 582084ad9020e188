"""The command that records facts about contact points."""

from collections.abc import Sequence

from chassis.web.commands import Command
from mtl.consents import store
from mtl.consents.domain import Consent


async def record_consents(command: Command, consents: Sequence[Consent]) -> None:
    """Record that people granted or withdrew media."""
    await store.add_consents(command.tx, consents)
