"""What goes where: chosen, and oldest first, with numbers worked by hand."""

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
from rms.payments.domain.allocations import Owed, Wanted
from rms.payments.domain.payment import Payment, PaymentStatus, ensure_plausible, status_of
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


def owed(amount: str, day: int = 1, *, currency: str = "CNY", account: UUID = ACCOUNT) -> Owed:
    """Due in November."""
    money = Money.of(amount, currency)
    return Owed(
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
def test_the_status_follows_from_the_amounts(allocated: str, status: PaymentStatus) -> None:
    payment = make_payment(cny("250.00"), cny(allocated))
    zero = Money.zero("CNY")
    assert payment.status is status_of(payment.amount, payment.allocated, zero, None) is status
    assert payment.state().unallocated == cny("250.00") - cny(allocated)


def test_the_oldest_is_settled_first() -> None:
    """Due on the 10th, 20th and 30th: 200.00 whole, 50.00 of 300.00, nothing of 100.00."""
    late, early, middle = owed("100.00", 30), owed("200.00", 10), owed("300.00", 20)
    parts = make_payment(cny("250.00")).oldest_first([late, early, middle])
    assert parts == (Wanted(early.id, cny("200.00")), Wanted(middle.id, cny("50.00")))


def test_the_receivables_end_before_the_money() -> None:
    only = owed("100.00")
    assert make_payment(cny("250.00")).oldest_first([only]) == (Wanted(only.id, cny("100.00")),)


def test_the_earlier_made_goes_first_among_equals() -> None:
    first, second = owed("100.00", 5), owed("100.00", 5)
    parts = make_payment(cny("150.00")).oldest_first([second, first])
    assert parts == (Wanted(first.id, cny("100.00")), Wanted(second.id, cny("50.00")))


def test_no_more_than_said_of_what_is_left() -> None:
    one, two = owed("100.00", 1), owed("100.00", 2)
    payment = make_payment(cny("250.00"), cny("100.00"))
    parts = payment.oldest_first([one, two], at_most=cny("120.00"))
    assert parts == (Wanted(one.id, cny("100.00")), Wanted(two.id, cny("20.00")))
    for at_most, code in (
        (cny("150.01"), "AMOUNT_EXCEEDS_UNALLOCATED"),
        (Money.of("1.00", "USD"), "CURRENCY_MISMATCH"),
    ):
        with pytest.raises(Invalid) as refused:
            payment.oldest_first([one, two], at_most=at_most)
        assert [violation.code for violation in refused.value.violations] == [code]


def test_nothing_to_do_is_said() -> None:
    spent = make_payment(cny("250.00"), cny("250.00"))
    debt = owed("1.00")
    with pytest.raises(RuleBroken, match="PAYMENT_FULLY_ALLOCATED"):
        spent.oldest_first([debt])
    with pytest.raises(RuleBroken, match="PAYMENT_FULLY_ALLOCATED"):
        spent.chosen([Wanted(debt.id, cny("1.00"))], {debt.id: debt})
    with pytest.raises(RuleBroken, match="NOTHING_OPEN"):
        make_payment(cny("1.00")).oldest_first([])


def test_every_violation_at_once() -> None:
    fine, small = owed("100.00"), owed("10.00")
    foreign, dollars = owed("100.00", account=new_id()), owed("100.00", currency="USD")
    wanted = [
        Wanted(fine.id, cny("100.00")),
        Wanted(small.id, cny("10.01")),
        Wanted(foreign.id, cny("50.00")),
        Wanted(dollars.id, Money.of("1.00", "USD")),
        Wanted(new_id(), cny("50.00")),
        Wanted(fine.id, cny("50.00")),
        Wanted(small.id, cny("0.01")),
    ]
    receivables = {one.id: one for one in (fine, small, foreign, dollars)}
    with pytest.raises(Invalid) as refused:
        make_payment(cny("250.00")).chosen(wanted, receivables)
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


def test_what_is_chosen_is_taken_as_it_is() -> None:
    one, two = owed("100.00"), owed("200.00")
    wanted = [Wanted(two.id, cny("150.00")), Wanted(one.id, cny("100.00"))]
    receivables = {one.id: one, two.id: two}
    assert make_payment(cny("250.00")).chosen(wanted, receivables) == tuple(wanted)


@given(
    paid=st.integers(1, 10**9),
    open_amounts=st.lists(st.tuples(st.integers(1, 10**8), st.integers(1, 28)), min_size=1),
)
def test_oldest_first_spends_all_it_can_and_no_more(
    paid: int, open_amounts: list[tuple[int, int]]
) -> None:
    debts = [owed(str(Decimal(fen) / 100), day) for fen, day in open_amounts]
    payment = make_payment(Money(Decimal(paid) / 100, "CNY"))
    parts = payment.oldest_first(debts)
    zero = Money.zero("CNY")
    spent = sum((part.amount for part in parts), zero)
    assert spent == min(payment.amount, sum((debt.open for debt in debts), zero))
    by_id = {debt.id: debt for debt in debts}
    assert all(zero < part.amount <= by_id[part.receivable_id].open for part in parts)
    days = [by_id[part.receivable_id].due_date for part in parts]
    assert days == sorted(days)
    assert all(part.amount == by_id[part.receivable_id].open for part in parts[:-1])
    again = replace(payment, allocated=spent)
    assert payment.chosen(parts, by_id) == parts
    assert again.unallocated == payment.amount - spent


def test_money_of_tomorrow_or_of_nobody() -> None:
    ensure_plausible(TODAY, today=TODAY, account_known=True)
    with pytest.raises(Invalid) as refused:
        ensure_plausible(date(2026, 11, 23), today=TODAY, account_known=False)
    assert [(v.pointer, v.code) for v in refused.value.violations] == [
        ("/account_id", "ACCOUNT_UNKNOWN"),
        ("/received_date", "DATE_IN_FUTURE"),
    ]


def test_money_of_another_age() -> None:
    ensure_plausible(date(2000, 1, 1), today=TODAY, account_known=True)
    with pytest.raises(Invalid) as refused:
        ensure_plausible(date(1999, 12, 31), today=TODAY, account_known=True)
    assert [(v.pointer, v.code, v.params) for v in refused.value.violations] == [
        ("/received_date", "DATE_TOO_EARLY", {"earliest": "2000-01-01"})
    ]
