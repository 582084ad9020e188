"""Sample notes, sort orders and page requests for tests of pagination."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    insert,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.pages import ASC, DESC, PageRequest, Sort
from kernel.ids import new_id
from testkit.database import notes

KEY = b"k" * 32
NEWEST: Sort = ()
BY_TEXT: Sort = [(notes.c.text, ASC)]
MIXED: Sort = [(notes.c.version, DESC), (notes.c.text, ASC)]
DEEP: Sort = [(notes.c.text, DESC), (notes.c.version, ASC), (notes.c.id, DESC)]
SORTS = {"newest": NEWEST, "text": BY_TEXT, "mixed": MIXED, "deep": DEEP}


def page_request(
    *, limit: int = 3, cursor: str | None = None, filters: str = "/notes"
) -> PageRequest:
    return PageRequest(limit=limit, cursor=cursor, filters=filters, key=KEY)


def note_id(row: Mapping[str, Any]) -> UUID:
    key: UUID = row["id"]
    return key


async def write_notes(tx: AsyncConnection, rows: list[tuple[str, int]]) -> list[UUID]:
    ids = [new_id() for _ in rows]
    values = zip(ids, rows, strict=True)
    if rows:
        await tx.execute(
            insert(notes), [{"id": i, "text": w, "version": v} for i, (w, v) in values]
        )
    return ids
