"""Open amounts, statuses and overdue days, calculated by hand."""

from datetime import date

import pytest

from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.receivables.domain import Receivable, ReceivableStatus, receivable_status
from services.rms.tests.factories import NOON, TODAY, cny


def make_receivable(amount: Money, allocated: Money) -> Receivable:
    receivable = Receivable(
        id=new_id(),
        document_no="AR-2026-000001",
        order_id=new_id(),
        order_no="SO-2026-000001",
        shipment_id=new_id(),
        account_id=new_id(),
        account_name="星辰科技",
        amount=amount,
        allocated=Money.zero(amount.currency),
        withdrawn=Money.zero(amount.currency),
        due_date=TODAY,
        created_at=NOON,
        updated_at=NOON,
    )
    return receivable.allocate(allocated, now=NOON)


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
def test_the_status_is_derived_from_the_amounts(
    amount: str, allocated: str, status: ReceivableStatus, still_open: str
) -> None:
    receivable = make_receivable(cny(amount), cny(allocated))
    assert receivable.status is receivable_status(cny(amount), cny(allocated)) is status
    assert receivable.open == cny(still_open)
    assert receivable.state().open == cny(still_open)


def test_a_receivable_is_overdue_from_the_day_after_until_it_is_settled() -> None:
    receivable = make_receivable(cny("100.00"), cny("60.00"))
    assert not receivable.is_overdue(TODAY)
    assert receivable.is_overdue(date(2026, 11, 23))
    settled = receivable.allocate(cny("40.00"), now=NOON)
    assert not settled.is_overdue(date(2026, 11, 23))
    assert settled.reopen(cny("0.01"), now=NOON).is_overdue(date(2026, 11, 23))


def test_a_receivable_is_marked_overdue_once() -> None:
    receivable = make_receivable(cny("100.00"), cny("60.00"))
    assert receivable.may_become_overdue
    marked = receivable.mark_overdue(date(2026, 11, 23), now=NOON)
    assert (marked.overdue_date, marked.may_become_overdue) == (date(2026, 11, 23), False)
    assert marked.overdue_event(date(2026, 11, 23)).receivable.open == cny("40.00")
    assert not receivable.allocate(cny("40.00"), now=NOON).may_become_overdue


def test_a_reopened_amount_is_open_again() -> None:
    settled = make_receivable(cny("100.00"), cny("100.00"))
    reopened = settled.reopen(cny("30.00"), now=NOON)
    assert (reopened.status, reopened.open) == (ReceivableStatus.PARTLY_SETTLED, cny("30.00"))
    assert reopened.reopen(cny("70.00"), now=NOON).status is ReceivableStatus.OPEN
    with pytest.raises(Conflict, match="STALE_WRITE"):
        reopened.reopen(cny("70.01"), now=NOON)
    with pytest.raises(Conflict, match="STALE_WRITE"):
        settled.allocate(cny("0.01"), now=NOON)
