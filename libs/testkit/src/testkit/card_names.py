"""Cards by external ids."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.web.auth import Principal
from kernel.ids import new_id
from testkit.cards import (
    CARDS,
    Card,
    CardIn,
    CardOut,
    edit_card,
    get_card,
    restore_card,
    write_card,
)


async def create_card(tx: AsyncConnection, body: CardIn, caller: Principal, now: datetime) -> Card:
    """Create a card owned by the caller."""
    stamps: dict[str, Any] = {"owner_id": caller.subject, "created_at": now, "updated_at": now}
    return await write_card(tx, Card(id=new_id(), **_values(body), **stamps))


async def replace_card(
    tx: AsyncConnection, card_id: UUID, body: CardIn, _: Principal, now: datetime
) -> Card:
    """Replace all values that a body can carry."""
    return await edit_card(tx, card_id, lambda card: replace(card, **_values(body)), now=now)


async def restore_named_card(
    tx: AsyncConnection, card_id: UUID, _: Principal, now: datetime
) -> Card:
    """Restore a deleted card; another is returned unchanged."""
    return await restore_card(tx, card_id, now=now)


def _values(body: CardIn) -> dict[str, Any]:
    return {name: getattr(body, name) for name in CardIn.model_fields}


router = external_id_router(
    ExternallyWrittenResource(
        scoped=CARDS,
        collection="/cards",
        body=CardIn,
        answer=CardOut,
        create=create_card,
        update=replace_card,
        restore=restore_named_card,
        get=get_card,
    )
)
