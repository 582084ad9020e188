"""A next step is open until it is done, and another one is open again."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from kernel.errors import RuleBroken
from kernel.ids import new_id
from kernel.next_steps import RecordWithNextStep

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = date(2026, 12, 3)


def record(**fields: Any) -> RecordWithNextStep:
    values = {"owner_id": "li", "created_at": NOW, "updated_at": NOW, **fields}
    return RecordWithNextStep(id=new_id(), **values)


@pytest.mark.parametrize(
    ("fields", "reminder"),
    [
        ({"next_step": "寄样品", "next_step_on": DAY}, ("li", DAY)),
        ({"next_step_on": DAY}, ("li", DAY)),
        ({"next_step": "寄样品"}, None),
        ({}, None),
        ({"next_step_on": DAY, "next_step_done_at": NOW}, None),
        ({"next_step_on": DAY, "deleted_at": NOW}, None),
        ({"next_step_on": DAY, "owner_id": None}, None),
    ],
)
def test_the_owner_is_reminded_of_an_open_step_with_a_day(
    fields: dict[str, Any], reminder: tuple[str, date] | None
) -> None:
    assert record(**fields).reminder == reminder


def test_a_step_is_completed_once_there_is_one() -> None:
    assert record(next_step="寄样品").completed(now=NOW).next_step_done_at == NOW
    with pytest.raises(RuleBroken, match="NEXT_STEP_MISSING"):
        record().completed(now=NOW)


def test_another_step_is_open_again_and_the_same_one_stays_done() -> None:
    done = record(next_step="寄样品", next_step_on=DAY).completed(now=NOW)
    assert replace(done, owner_id="wang").after_edit_of(done).next_step_done_at == NOW
    assert replace(done, next_step="询问样品").after_edit_of(done).next_step_done_at is None
    assert replace(done, next_step_on=None).after_edit_of(done).next_step_done_at is None
