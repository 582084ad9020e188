"""Sample cards for tests of lists."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from kernel.money import Money
from testkit.cards.store import CARD, Card
from testkit.database import Stage

MORNING = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
BOARD = UUID("01990000-0000-7000-8000-0000000000b0")
SELLER, OTHER = "seller", "other"


async def write_card(tx: AsyncConnection, title: str, **values: Any) -> Card:
    """Add one card; `at` is when it was created and updated."""
    at = values.pop("at", MORNING)
    card = Card(id=new_id(), title=title, created_at=at, updated_at=at, **values)
    await CARD.add(tx, card)
    return card


async def write_five_cards(tx: AsyncConnection) -> list[Card]:
    """Add cards titled a to e, one per hour.

    b is done, c has neither amount nor due date nor board, e belongs to another owner.
    """
    amounts = {
        n: Money.of(amount, "CNY")
        for n, amount in enumerate(("9.5", "100", "", "20", "0"))
        if amount
    }
    return [
        await write_card(
            tx,
            "abcde"[n],
            board_id=None if n == 2 else BOARD,
            stage=Stage.DONE if n == 1 else Stage.TO_DO,
            amount=amounts.get(n),
            due_date=None if n == 2 else date(2026, 12, 5 - n),
            owner_id=OTHER if n == 4 else SELLER,
            at=MORNING + timedelta(hours=n),
        )
        for n in range(5)
    ]


async def titles(client: AsyncClient, query: str = "", **headers: str) -> str:
    """Get a list; return its titles in order, joined to one word."""
    answer = await client.get(f"/cards?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return "".join(item["title"] for item in answer.json()["items"])


def problems(answer: Any) -> set[tuple[str, str]]:
    """Return the pointer and code of every violation in a 422 response."""
    body: Mapping[str, Any] = answer.json()
    assert answer.status_code == 422, body
    return {(error["pointer"], error["code"]) for error in body["errors"]}
