"""What is open and overdue, with numbers worked by hand."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.ids import new_id
from kernel.money import Money
from rms.receivables.domain import Receivable, ReceivableStatus, status_of
from services.rms.tests.factories import NOON, TODAY, cny


def make_receivable(amount: Money, allocated: Money) -> Receivable:
    return Receivable(
        id=new_id(),
        document_no="AR-2026-000001",
        order_id=new_id(),
        order_no="SO-2026-000001",
        shipment_id=new_id(),
        account_id=new_id(),
        account_name="星辰科技",
        amount=amount,
        allocated=allocated,
        due_date=TODAY,
        created_at=NOON,
        updated_at=NOON,
    )


@pytest.mark.parametrize(
    ("amount", "allocated", "status", "still_open"),
    [
        ("100.00", "0", ReceivableStatus.OPEN, "100.00"),
        ("100.00", "0.01", ReceivableStatus.PARTLY_SETTLED, "99.99"),
        ("100.00", "99.99", ReceivableStatus.PARTLY_SETTLED, "0.01"),
        ("100.00", "100.00", ReceivableStatus.SETTLED, "0"),
        ("0", "0", ReceivableStatus.SETTLED, "0"),
    ],
)
def test_the_status_follows_from_the_amounts(
    amount: str, allocated: str, status: ReceivableStatus, still_open: str
) -> None:
    receivable = make_receivable(cny(amount), cny(allocated))
    assert receivable.status is status_of(cny(amount), cny(allocated)) is status
    assert receivable.open == cny(still_open)
    assert receivable.state().open == cny(still_open)


def test_it_is_overdue_from_the_day_after_until_it_is_settled() -> None:
    receivable = make_receivable(cny("100.00"), cny("60.00"))
    assert not receivable.is_overdue(TODAY)
    assert receivable.is_overdue(date(2026, 11, 23))
    assert not replace(receivable, allocated=cny("100.00")).is_overdue(date(2026, 11, 23))
