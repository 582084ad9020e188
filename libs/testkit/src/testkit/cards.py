"""Cards: the sample resource that uses all of the chassis."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row
from chassis.events.outbox import publish
from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.visibility import ScopedResource, Visibility
from chassis.records.audit.routes import audit_router
from chassis.records.custom_fields.routes import custom_field_router
from chassis.records.custom_fields.values import custom_conditions, validated_custom_fields
from chassis.records.deletion import mark_deleted, mark_restored
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing, ListPage
from chassis.records.writes import insert_row, update_row
from chassis.web.auth import Caller, allow
from chassis.web.pages import PageParams
from chassis.web.patches import MergePatch
from chassis.web.preconditions import UNCONDITIONAL, IfMatch, Precondition
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.ids import new_id
from kernel.money import Money
from testkit.database import Stage, cards
from testkit.events import CardChanged, CardState, CardWritten

CARDS = ScopedResource("testkit.card", cards)


@dataclass(frozen=True, kw_only=True)
class Card:
    id: UUID
    title: str
    board_id: UUID | None = None
    stage: Stage = Stage.TO_DO
    amount: Money | None = None
    due_date: date | None = None
    owner_id: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def state(self) -> CardState:
        return CardState(
            card_id=self.id, title=self.title, stage=self.stage, owner_id=self.owner_id
        )


async def add_card(tx: AsyncConnection, card: Card) -> Card:
    """Store a new card and publish it."""
    await insert_row(tx, cards, card)
    await publish(tx, CardWritten(card=card.state()), of=card)
    return card


async def write_card(tx: AsyncConnection, card: Card) -> Card:
    """Validate custom fields and store a new card. Raises Invalid."""
    fields = await validated_custom_fields(tx, CARDS.resource, card.custom_fields)
    return await add_card(tx, replace(card, custom_fields=fields))


async def save_card(tx: AsyncConnection, card: Card) -> Card:
    """Save a changed card and publish it. Raises Conflict (STALE_WRITE)."""
    saved = await update_row(tx, cards, card)
    await publish(tx, CardChanged(card=saved.state()), of=saved)
    return saved


async def get_card(
    tx: AsyncConnection, card_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Card:
    """Read a card, locked on request. Raises NotFound."""
    return await fetch_row(tx, cards, card_id, Card, lock=lock, with_deleted=with_deleted)


async def edit_card(
    tx: AsyncConnection,
    card_id: UUID,
    edit: Callable[[Card], Card],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Card:
    """Edit a card; an edit without changes saves nothing. Raises NotFound, Invalid."""
    before = await get_card(tx, card_id, lock=True)
    edited = edit(before)
    fields = await validated_custom_fields(
        tx, CARDS.resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=fields)
    if after == before:
        return before
    expected.check(before)
    return await save_card(tx, replace(after, updated_at=now))


async def finish_card(
    tx: AsyncConnection,
    card_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Card:
    """Set the stage DONE; a finished card is returned unchanged. Raises NotFound."""
    before = await get_card(tx, card_id, lock=True)
    if before.stage is Stage.DONE:
        return before
    expected.check(before)
    return await save_card(tx, replace(before, stage=Stage.DONE, updated_at=now))


async def delete_card(
    tx: AsyncConnection, card_id: UUID, *, expected: Precondition = UNCONDITIONAL, now: datetime
) -> Card:
    """Delete a card; a deleted one is returned unchanged. Raises NotFound."""
    before = await get_card(tx, card_id, lock=True, with_deleted=True)
    after = mark_deleted(before, now=now, expected=expected)
    return before if after is before else await save_card(tx, after)


async def restore_card(
    tx: AsyncConnection, card_id: UUID, *, expected: Precondition = UNCONDITIONAL, now: datetime
) -> Card:
    """Restore a deleted card; another is returned unchanged. Raises NotFound."""
    before = await get_card(tx, card_id, lock=True, with_deleted=True)
    after = mark_restored(before, now=now, expected=expected)
    return before if after is before else await save_card(tx, after)


async def transfer_card(
    tx: AsyncConnection,
    card_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Card:
    """Change the owner; a card of this owner is returned unchanged. Raises NotFound."""
    before = await get_card(tx, card_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    return await save_card(tx, replace(before, owner_id=owner_id, updated_at=now))


class CardIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=100)]
    board_id: UUID | None = None
    stage: Stage = Stage.TO_DO
    amount: Money | None = None
    due_date: date | None = None
    custom_fields: dict[str, Any] = {}


class CardEdit(BaseModel):
    """The fields that a PATCH may change."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    title: Annotated[str, Field(min_length=1, max_length=100)]
    board_id: UUID | None = None
    amount: Money | None = None
    due_date: date | None = None
    custom_fields: dict[str, Any] = {}


class CardOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    title: str
    board_id: UUID | None
    stage: Stage
    amount: Money | None
    due_date: date | None
    owner_id: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


LISTING = Listing(
    CARDS,
    CardOut,
    entity=Card,
    filters=["stage", "board_id", "owner_id", "title", "amount", "due_date", "created_at"],
    sorts=["created_at", "due_date", "amount", "title", "stage,due_date"],
    words=["title"],
    custom=custom_conditions,
)

router = new_router("/cards", tag="cards")
access = access_router(CARDS, collection="cards", transfer=transfer_card)
custom = custom_field_router("testkit", {CARDS.resource: cards})
audit = audit_router("/cards", resource="testkit.card", table=cards, dependencies=[may_read(CARDS)])


@router.post("", status_code=201, dependencies=[allow("testkit.card.write")])
async def card_create(body: CardIn, tx: Tx, now: Now, caller: Caller) -> CardOut:
    """Create a card."""
    card = Card(
        id=new_id(),
        owner_id=caller.subject,
        created_at=now,
        updated_at=now,
        **{name: getattr(body, name) for name in CardIn.model_fields},
    )
    return CardOut.model_validate(await write_card(tx, card))


@router.patch("/{card_id}", dependencies=[may_write(CARDS)])
async def card_edit(
    card_id: UUID, body: MergePatch[CardEdit], tx: Tx, now: Now, if_match: IfMatch
) -> CardOut:
    """Change the fields of the body."""
    card = await edit_card(tx, card_id, body.applied, expected=if_match, now=now)
    return CardOut.model_validate(card)


@router.post("/{card_id}/finish", dependencies=[may_write(CARDS)])
async def card_finish(card_id: UUID, tx: Tx, now: Now, if_match: IfMatch) -> CardOut:
    """Finish a card."""
    return CardOut.model_validate(await finish_card(tx, card_id, expected=if_match, now=now))


@router.delete("/{card_id}", status_code=204, dependencies=[may_write(CARDS)])
async def card_delete(card_id: UUID, tx: Tx, now: Now, if_match: IfMatch) -> None:
    """Delete a card; it can be restored."""
    await delete_card(tx, card_id, expected=if_match, now=now)


@router.post("/{card_id}/restore", dependencies=[may_write(CARDS)])
async def card_restore(card_id: UUID, tx: Tx, now: Now, if_match: IfMatch) -> CardOut:
    """Restore a deleted card."""
    return CardOut.model_validate(await restore_card(tx, card_id, expected=if_match, now=now))


@router.get("")
async def card_list(
    tx: Tx,
    page: PageParams,
    query: Annotated[ListQuery, LISTING.query],
    visibility: Annotated[Visibility, may_list(CARDS)],
) -> ListPage[CardOut]:
    """List cards, newest first."""
    return await LISTING.page(tx, page, query, visibility)


@router.get("/{card_id}", dependencies=[may_read(CARDS)])
async def card_get(card_id: UUID, tx: Tx) -> CardOut:
    """Read a card."""
    return CardOut.model_validate(await get_card(tx, card_id))
