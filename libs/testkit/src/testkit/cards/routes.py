"""The API of cards."""

from uuid import UUID

from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from testkit.cards.actions import finish_card
from testkit.cards.store import CARD, LISTING, CardEdit, CardIn, CardOut

RESOURCE = Resource(
    record_type=CARD,
    collection="/cards",
    listing=LISTING,
    body=CardIn,
    edit_body=CardEdit,
    answer=CardOut,
    files=True,
)
router = new_router("/cards", tag="cards")


@router.post("/{card_id}/finish", dependencies=[RESOURCE.write_guard])
async def card_finish(card_id: UUID, command: ChangeCommand) -> CardOut:
    """Finish a card."""
    return CardOut.model_validate(await finish_card(command, card_id))


ROUTERS = resource_routers(RESOURCE, router)
