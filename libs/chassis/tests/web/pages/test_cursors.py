"""Tests of cursors: they cannot be altered, fit one list only and keep every type's values."""

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column
from chassis.web.pages import ASC, DESC, decode_cursor, encode_cursor, fetch_page
from kernel.errors import Invalid
from kernel.ids import new_id
from libs.chassis.tests.web.pages.page_samples import (
    BY_TEXT,
    MIXED,
    NEWEST,
    note_id,
    page_request,
    write_notes,
)
from testkit.database import notes


async def test_a_cursor_with_any_changed_letter_is_refused(tx: AsyncConnection) -> None:
    await write_notes(tx, [("a", 1), ("b", 2), ("c", 3)])
    page = await fetch_page(tx, select(notes), page_request(limit=1), sort=MIXED, shape=note_id)
    cursor = page.next_cursor
    assert cursor is not None
    again = await fetch_page(
        tx, select(notes), page_request(limit=1, cursor=cursor), sort=MIXED, shape=note_id
    )
    assert len(again.items) == 1
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/= é\n"
    changed = {
        cursor[:place] + letter + cursor[place + 1 :]
        for place in range(len(cursor))
        for letter in letters
    } - {cursor}
    changed |= {cursor[:-1], cursor + "A", cursor + "=", "=" + cursor, "", "A", "====", "\ud800"}
    order = [*MIXED, (notes.c.id, ASC)]
    for other in changed:
        with pytest.raises(Invalid) as refused:
            decode_cursor(page_request(cursor=other), order)
        (violation,) = refused.value.violations
        assert (violation.pointer, violation.code) == ("?cursor", "CURSOR_INVALID")


async def test_a_cursor_of_another_list_filter_sort_or_key_is_refused(tx: AsyncConnection) -> None:
    await write_notes(tx, [("a", 1), ("b", 2), ("c", 3)])
    page = await fetch_page(tx, select(notes), page_request(limit=1), sort=MIXED, shape=note_id)
    good = page_request(limit=1, cursor=page.next_cursor)
    foreign = [
        (replace(good, filters="/other"), MIXED),
        (replace(good, key=b"other"), MIXED),
        (good, BY_TEXT),
        (good, [(notes.c.version, ASC), (notes.c.text, ASC)]),
        (good, NEWEST),
    ]
    await fetch_page(tx, select(notes), good, sort=MIXED, shape=note_id)
    for request, sort in foreign:
        with pytest.raises(Invalid):
            await fetch_page(tx, select(notes), request, sort=sort, shape=note_id)


class Grade(Enum):
    LOW = "LOW"
    HIGH = "HIGH"


VALUES = [
    (Text(), "好'\"\0\n"),
    (Integer(), -3),
    (BigInteger(), 2**62),
    (Boolean(), True),
    (Double(), 0.1 + 0.2),
    (Double(), 5.0),
    (Uuid(), new_id()),
    (Date(), date(2026, 2, 28)),
    (DateTime(timezone=True), datetime(2026, 11, 22, 9, 0, 0, 123456, tzinfo=UTC)),
    (enum_column(Grade), Grade.HIGH),
]


@pytest.mark.parametrize(("kind", "value"), VALUES)
def test_a_value_survives_encoding_and_decoding(kind: Any, value: Any) -> None:
    column: Column[Any] = Column("x", kind, nullable=False)
    Table("t", MetaData(), column)
    order = [(column, DESC)]
    cursor = encode_cursor(page_request(), order, [value])
    (decoded,) = decode_cursor(page_request(cursor=cursor), order)
    assert (decoded, type(decoded)) == (value, type(value))
