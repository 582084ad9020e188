"""Payment statuses and planned allocations, with amounts calculated by hand."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid, RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from rms.payments.domain.allocations import OpenReceivable, RequestedAllocation
from rms.payments.domain.payment import Payment, PaymentStatus, payment_status
from rms.payments.domain.receipts import ensure_valid_receipt
from services.rms.tests.factories import NOON, TODAY, cny

ACCOUNT = new_id()


def make_payment(amount: Money, allocated: Money | None = None) -> Payment:
    zero = Money.zero(amount.currency)
    payment = Payment(
        id=new_id(),
        document_no="PY-2026-000001",
        account_id=ACCOUNT,
        account_name="星辰科技",
        bank_reference="BANK-1",
        amount=amount,
        allocated=zero,
        returned=zero,
        received_date=TODAY,
        created_at=NOON,
        updated_at=NOON,
    )
    return payment.allocate(allocated or zero, now=NOON)


def make_receivable(
    amount: str, day: int = 1, *, currency: str = "CNY", account: UUID = ACCOUNT
) -> OpenReceivable:
    """An open receivable, due on this day of November."""
    money = Money.of(amount, currency)
    return OpenReceivable(
        id=new_id(),
        document_no="AR-2026-000001",
        account_id=account,
        open=money,
        due_date=date(2026, 11, day),
    )


@pytest.mark.parametrize(
    ("allocated", "status"),
    [
        ("0", PaymentStatus.UNALLOCATED),
        ("0.01", PaymentStatus.PARTLY_ALLOCATED),
        ("250.00", PaymentStatus.ALLOCATED),
    ],
)
def test_the_status_is_derived_from_the_amounts(allocated: str, status: PaymentStatus) -> None:
    payment = make_payment(cny("250.00"), cny(allocated))
    zero = Money.zero("CNY")
    assert payment.status is payment_status(payment.amount, payment.allocated, zero, None) is status
    assert payment.state().unallocated == cny("250.00") - cny(allocated)


def test_the_earliest_due_receivable_is_settled_first() -> None:
    """Due on the 10th, 20th and 30th: all of 200.00, 50.00 of 300.00, nothing of 100.00."""
    late, early, middle = (
        make_receivable("100.00", 30),
        make_receivable("200.00", 10),
        make_receivable("300.00", 20),
    )
    parts = make_payment(cny("250.00")).plan_oldest_first([late, early, middle])
    assert parts == (
        RequestedAllocation(early.id, cny("200.00")),
        RequestedAllocation(middle.id, cny("50.00")),
    )


def test_the_payment_exceeds_all_receivables() -> None:
    only = make_receivable("100.00")
    assert make_payment(cny("250.00")).plan_oldest_first([only]) == (
        RequestedAllocation(only.id, cny("100.00")),
    )


def test_receivables_due_on_the_same_day_are_settled_by_id() -> None:
    first, second = make_receivable("100.00", 5), make_receivable("100.00", 5)
    parts = make_payment(cny("150.00")).plan_oldest_first([second, first])
    assert parts == (
        RequestedAllocation(first.id, cny("100.00")),
        RequestedAllocation(second.id, cny("50.00")),
    )


def test_oldest_first_stops_at_the_given_amount() -> None:
    one, two = make_receivable("100.00", 1), make_receivable("100.00", 2)
    payment = make_payment(cny("250.00"), cny("100.00"))
    parts = payment.plan_oldest_first([one, two], at_most=cny("120.00"))
    assert parts == (
        RequestedAllocation(one.id, cny("100.00")),
        RequestedAllocation(two.id, cny("20.00")),
    )
    for at_most, code in (
        (cny("150.01"), "AMOUNT_EXCEEDS_UNALLOCATED"),
        (Money.of("1.00", "USD"), "CURRENCY_MISMATCH"),
    ):
        with pytest.raises(Invalid) as refused:
            payment.plan_oldest_first([one, two], at_most=at_most)
        assert [violation.code for violation in refused.value.violations] == [code]


def test_a_spent_payment_or_no_open_receivable_is_refused() -> None:
    spent = make_payment(cny("250.00"), cny("250.00"))
    receivable = make_receivable("1.00")
    with pytest.raises(RuleBroken, match="PAYMENT_FULLY_ALLOCATED"):
        spent.plan_oldest_first([receivable])
    with pytest.raises(RuleBroken, match="PAYMENT_FULLY_ALLOCATED"):
        spent.plan_requested(
            [RequestedAllocation(receivable.id, cny("1.00"))], {receivable.id: receivable}
        )
    with pytest.raises(RuleBroken, match="NOTHING_OPEN"):
        make_payment(cny("1.00")).plan_oldest_first([])


def test_all_violations_are_reported_together() -> None:
    valid, small = make_receivable("100.00"), make_receivable("10.00")
    foreign, dollars = (
        make_receivable("100.00", account=new_id()),
        make_receivable("100.00", currency="USD"),
    )
    requested = [
        RequestedAllocation(valid.id, cny("100.00")),
        RequestedAllocation(small.id, cny("10.01")),
        RequestedAllocation(foreign.id, cny("50.00")),
        RequestedAllocation(dollars.id, Money.of("1.00", "USD")),
        RequestedAllocation(new_id(), cny("50.00")),
        RequestedAllocation(valid.id, cny("50.00")),
        RequestedAllocation(small.id, cny("0.01")),
    ]
    receivables = {one.id: one for one in (valid, small, foreign, dollars)}
    with pytest.raises(Invalid) as refused:
        make_payment(cny("250.00")).plan_requested(requested, receivables)
    assert [(v.pointer, v.code, v.params) for v in refused.value.violations] == [
        ("/lines/1/amount", "AMOUNT_EXCEEDS_OPEN", {"open": "10.00", "currency": "CNY"}),
        ("/lines/2/receivable_id", "ACCOUNT_MISMATCH", {}),
        ("/lines/3/amount/currency", "CURRENCY_MISMATCH", {"expected": "CNY", "actual": "USD"}),
        ("/lines/3/receivable_id", "CURRENCY_MISMATCH", {"expected": "CNY", "actual": "USD"}),
        ("/lines/4/receivable_id", "RECEIVABLE_UNKNOWN", {}),
        ("/lines/5/receivable_id", "RECEIVABLE_REPEATED", {}),
        ("/lines/6/receivable_id", "RECEIVABLE_REPEATED", {}),
        ("/lines", "AMOUNT_EXCEEDS_UNALLOCATED", {"unallocated": "250.00", "currency": "CNY"}),
    ]


def test_valid_requested_allocations_are_kept_as_they_are() -> None:
    one, two = make_receivable("100.00"), make_receivable("200.00")
    requested = [
        RequestedAllocation(two.id, cny("150.00")),
        RequestedAllocation(one.id, cny("100.00")),
    ]
    receivables = {one.id: one, two.id: two}
    assert make_payment(cny("250.00")).plan_requested(requested, receivables) == tuple(requested)


@given(
    paid=st.integers(1, 10**9),
    open_amounts=st.lists(st.tuples(st.integers(1, 10**8), st.integers(1, 28)), min_size=1),
)
def test_oldest_first_spends_as_much_as_possible(
    paid: int, open_amounts: list[tuple[int, int]]
) -> None:
    receivables = [make_receivable(str(Decimal(fen) / 100), day) for fen, day in open_amounts]
    payment = make_payment(Money(Decimal(paid) / 100, "CNY"))
    parts = payment.plan_oldest_first(receivables)
    zero = Money.zero("CNY")
    spent = sum((part.amount for part in parts), zero)
    assert spent == min(payment.amount, sum((receivable.open for receivable in receivables), zero))
    by_id = {receivable.id: receivable for receivable in receivables}
    assert all(zero < part.amount <= by_id[part.receivable_id].open for part in parts)
    days = [by_id[part.receivable_id].due_date for part in parts]
    assert days == sorted(days)
    assert all(part.amount == by_id[part.receivable_id].open for part in parts[:-1])
    again = replace(payment, allocated=spent)
    assert payment.plan_requested(parts, by_id) == parts
    assert again.unallocated == payment.amount - spent


def test_a_future_receipt_of_an_unknown_account_is_refused() -> None:
    ensure_valid_receipt(TODAY, today=TODAY, account_known=True)
    with pytest.raises(Invalid) as refused:
        ensure_valid_receipt(date(2026, 11, 23), today=TODAY, account_known=False)
    assert [(v.pointer, v.code) for v in refused.value.violations] == [
        ("/account_id", "ACCOUNT_UNKNOWN"),
        ("/received_date", "DATE_IN_FUTURE"),
    ]


def test_a_receipt_before_2000_is_refused() -> None:
    ensure_valid_receipt(date(2000, 1, 1), today=TODAY, account_known=True)
    with pytest.raises(Invalid) as refused:
        ensure_valid_receipt(date(1999, 12, 31), today=TODAY, account_known=True)
    assert [(v.pointer, v.code, v.params) for v in refused.value.violations] == [
        ("/received_date", "DATE_TOO_EARLY", {"earliest": "2000-01-01"})
    ]
