"""The commands that all records share, on the sample card."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import ROW_LIMIT_KEY
from chassis.foundation.clock import now
from chassis.foundation.refusals import PreconditionFailed
from chassis.records.document_transfers import transfer_of
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    delete_record,
    edit_record,
    move_record,
    remove_record,
    restore_record,
    save_record,
)
from chassis.records.record_quota import tenant_usage
from chassis.records.search.tables import search_texts
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from chassis.web.preconditions import Precondition
from contracts.event import Event
from kernel.errors import Conflict, Invalid, NotFound, RuleBroken
from kernel.ids import new_id
from testkit.cards.store import CARD, Card
from testkit.database import Stage
from testkit.events import CardChanged
from testkit.plugin import PublishedFacts

STALE = Precondition(frozenset({7}))


def new_card(**fields: Any) -> Card:
    values = {"title": "Call them back", "owner_id": "li", **fields}
    return Card(id=new_id(), created_at=now(), updated_at=now(), **values)


async def add(tx: AsyncConnection, **fields: Any) -> Card:
    card = new_card(**fields)
    await CARD.add(tx, card)
    return card


async def test_an_edit_saves_and_publishes_once(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    card = await add(tx)
    later = now()
    for _ in range(2):
        edited = await edit_record(
            Command(tx, later), CARD, card.id, lambda before: replace(before, title="second")
        )
        assert (edited.title, edited.version, edited.updated_at) == ("second", 2, later)
    assert [(fact.type, fact.sequence) for fact in await published()] == [
        ("testkit.card.changed.v1", 2)
    ]


async def test_the_precondition_is_checked_before_the_rule_and_after_a_repetition(
    tx: AsyncConnection,
) -> None:
    card = await add(tx)

    async def refuse(_: Card, __: Card) -> None:
        raise RuleBroken("NOTE_FORBIDDEN", text="x")

    stale = Command(tx, now(), expected=STALE)
    assert await edit_record(stale, CARD, card.id, lambda before: before) == card
    with pytest.raises(PreconditionFailed):
        await edit_record(
            stale, CARD, card.id, lambda before: replace(before, title="second"), check=refuse
        )
    with pytest.raises(RuleBroken):
        await edit_record(
            Command(tx, now()), CARD, card.id, lambda c: replace(c, title="second"), check=refuse
        )


async def test_a_move_is_made_once(tx: AsyncConnection, published: PublishedFacts) -> None:
    card = await add(tx)

    def finish(before: Card) -> tuple[Card, Event] | AlreadyMade:
        if before.stage is Stage.DONE:
            return MADE
        after = replace(before, stage=Stage.DONE)
        return after, CardChanged(card=after.state())

    moved = await move_record(Command(tx, now()), CARD, card.id, finish)
    assert (moved.stage, moved.version) == (Stage.DONE, 2)
    assert await move_record(Command(tx, now(), expected=STALE), CARD, card.id, finish) == moved
    assert len(await published()) == 1


@pytest.mark.parametrize("in_the_record", [True, False])
async def test_a_made_move_answers_only_an_equal_request(
    tx: AsyncConnection, published: PublishedFacts, *, in_the_record: bool
) -> None:
    card = await add(tx)

    def rename(title: str) -> Callable[[Card], tuple[Card, Event] | AlreadyMade]:
        def move(before: Card) -> tuple[Card, Event] | AlreadyMade:
            if before.stage is Stage.DONE:

                async def is_same() -> bool:
                    return before.title == title

                return AlreadyMade(before.title == title if in_the_record else is_same)
            after = replace(before, stage=Stage.DONE, title=title)
            return after, CardChanged(card=after.state())

        return move

    made = await move_record(Command(tx, now()), CARD, card.id, rename("a"))
    stale, current = Command(tx, now(), expected=STALE), Command(tx, now())
    assert await move_record(stale, CARD, card.id, rename("a")) == made
    with pytest.raises(PreconditionFailed):
        await move_record(stale, CARD, card.id, rename("b"))
    with pytest.raises(Conflict, match="MOVE_MADE_OTHERWISE"):
        await move_record(current, CARD, card.id, rename("b"))
    assert len(await published()) == 1


async def test_a_stale_copy_is_reported_before_a_broken_rule(tx: AsyncConnection) -> None:
    card = await add(tx)

    def forbidden(_: Card) -> tuple[Card, Event] | AlreadyMade:
        raise RuleBroken("NOTE_FORBIDDEN", text="x")

    with pytest.raises(PreconditionFailed):
        await move_record(Command(tx, now(), expected=STALE), CARD, card.id, forbidden)
    with pytest.raises(RuleBroken):
        await move_record(Command(tx, now()), CARD, card.id, forbidden)


async def test_a_deletion_and_a_restore_may_change_the_record(tx: AsyncConnection) -> None:
    card = await add(tx)

    async def finished(before: Card) -> Card:
        return replace(before, stage=Stage.DONE)

    command = Command(tx, now())
    deleted = await delete_record(command, CARD, card.id, prepare=finished)
    assert (deleted.deleted_at, deleted.stage, deleted.version) == (command.now, Stage.DONE, 2)
    assert await delete_record(command, CARD, card.id) == deleted
    restored = await restore_record(command, CARD, card.id)
    assert (restored.deleted_at, restored.version) == (None, 3)
    assert await restore_record(Command(tx, now(), expected=STALE), CARD, card.id) == restored


async def test_a_record_is_deleted_for_good_with_its_words(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    card = await add(tx, title="alpha")

    async def refuse(_: Card) -> None:
        raise RuleBroken("NOTE_FORBIDDEN", text="x")

    with pytest.raises(PreconditionFailed):
        await remove_record(Command(tx, now(), expected=STALE), CARD, card.id, check=refuse)
    with pytest.raises(RuleBroken):
        await remove_record(Command(tx, now()), CARD, card.id, check=refuse)
    await remove_record(Command(tx, now()), CARD, card.id)
    assert await indexed(tx) == set()
    with pytest.raises(NotFound):
        await CARD.get(tx, card.id, with_deleted=True)
    [fact] = await published()
    assert (fact.type, fact.sequence) == ("testkit.card.changed.v1", 2)
    assert (fact.payload["card"]["title"], fact.payload["card"]["deleted"]) == ("alpha", True)


async def test_a_transfer_changes_the_owner_once(tx: AsyncConnection) -> None:
    card = await add(tx)
    for _ in range(2):
        given = await transfer_of(CARD)(Command(tx, now(), actor="sun"), card.id, "zhou")
        assert given.version == 2
    assert (await CARD.get(tx, card.id)).owner_id == "zhou"


async def test_custom_fields_are_validated_unless_the_source_has_none(tx: AsyncConnection) -> None:
    command = Command(tx, now())
    with pytest.raises(Invalid):
        await create_record(command, CARD, new_card(custom_fields={"colour": "red"}))
    created = await create_record(command, CARD, new_card(), validate=False)
    assert created.custom_fields == {}


async def test_rows_that_exist_already_are_left_out_and_not_counted(tx: AsyncConnection) -> None:
    tx.info[ROW_LIMIT_KEY] = 3
    first = await add(tx, title="a")
    other = new_card(title="b")
    again = replace(other, id=first.id)
    inserted = await insert_rows(tx, CARD.table, [other, again], unique=("id",))
    assert inserted == [other]
    assert await tx.scalar(select(tenant_usage.c.rows)) == 2
    assert await indexed(tx) == {"a", "b"}
    await add(tx)
    with pytest.raises(Conflict, match="QUOTA_ROWS"):
        await insert_rows(tx, CARD.table, [new_card()], unique=("id",))


async def indexed(tx: AsyncConnection) -> set[str]:
    is_card = search_texts.c.resource == "testkit.card"
    rows = await tx.execute(select(search_texts.c.text).where(is_card))
    return {row.text.strip() for row in rows}


async def test_search_words_follow_a_saved_title(tx: AsyncConnection) -> None:
    card = await add(tx, title="alpha")
    command = Command(tx, now())
    moved = await save_record(command, CARD, card, replace(card, stage=Stage.DONE))
    assert await indexed(tx) == {"alpha"}
    await save_record(command, CARD, moved, replace(moved, title="beta"))
    assert await indexed(tx) == {"beta"}
