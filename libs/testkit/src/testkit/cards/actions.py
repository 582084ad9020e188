"""Commands on cards."""

from dataclasses import replace
from uuid import UUID

from chassis.records.record_commands import edit_record
from chassis.web.commands import Command
from testkit.cards.store import CARD, Card
from testkit.database import Stage


async def finish_card(command: Command, card_id: UUID) -> Card:
    """Set the stage DONE; a finished card is returned unchanged. Raises NotFound."""

    def finish(card: Card) -> Card:
        return replace(card, stage=Stage.DONE)

    return await edit_record(command, CARD, card_id, finish)


async def add_words_to_title(command: Command, card_id: UUID, words: str) -> Card:
    """Add words to the title. Raises NotFound."""

    def add(card: Card) -> Card:
        return replace(card, title=f"{card.title} {words}")

    return await edit_record(command, CARD, card_id, add)
