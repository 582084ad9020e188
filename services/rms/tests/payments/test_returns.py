"""Refunds and reversals, with amounts calculated by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Conflict, Invalid, RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from rms.payments.domain.allocations import Allocation
from rms.payments.domain.payment import Payment, PaymentStatus
from rms.payments.domain.receipts import normalized_bank_reference
from rms.payments.domain.returns import MoneyReturn, ReturnKind
from services.rms.tests.factories import NOON, TODAY, cny

LATER = NOON + timedelta(hours=1)


def make_payment(amount: str = "250.00", allocated: str = "0") -> Payment:
    payment = Payment(
        id=new_id(),
        document_no="PY-2026-000001",
        account_id=new_id(),
        account_name="星辰科技",
        bank_reference="BANK-1",
        amount=cny(amount),
        allocated=cny("0"),
        returned=cny("0"),
        received_date=TODAY,
        created_at=NOON,
        updated_at=NOON,
    )
    return payment.allocate(cny(allocated), now=NOON)


def refund(payment: Payment, amount: Money, *, day: date = TODAY) -> Payment:
    returned = MoneyReturn(
        id=new_id(),
        payment_id=payment.id,
        kind=ReturnKind.REFUND,
        amount=amount,
        returned_date=day,
        reason="重复付款",
        created_at=LATER,
    )
    return payment.refund(returned, today=TODAY)[0]


@pytest.mark.parametrize(
    ("allocated", "refunded", "status", "unallocated"),
    [
        ("0", "0.01", PaymentStatus.UNALLOCATED, "249.99"),
        ("0", "250.00", PaymentStatus.REFUNDED, "0"),
        ("100.00", "50.00", PaymentStatus.PARTLY_ALLOCATED, "100.00"),
        ("100.00", "150.00", PaymentStatus.ALLOCATED, "0"),
    ],
)
def test_a_refund_reduces_the_unallocated_amount(
    allocated: str, refunded: str, status: PaymentStatus, unallocated: str
) -> None:
    payment = refund(make_payment(allocated=allocated), cny(refunded))
    assert (payment.status, payment.unallocated) == (status, cny(unallocated))
    assert payment.state().returned == cny(refunded)


def test_a_refund_cannot_exceed_the_unallocated_amount() -> None:
    payment = make_payment(allocated="100.00")
    for amount, day, codes in (
        (cny("150.01"), TODAY, ["AMOUNT_EXCEEDS_UNALLOCATED"]),
        (Money.of("1.00", "USD"), TODAY, ["CURRENCY_MISMATCH"]),
        (cny("151.00"), date(2026, 11, 21), ["AMOUNT_EXCEEDS_UNALLOCATED", "DATE_TOO_EARLY"]),
        (cny("1.00"), date(2026, 11, 23), ["DATE_IN_FUTURE"]),
    ):
        with pytest.raises(Invalid) as refused:
            refund(payment, amount, day=day)
        assert [violation.code for violation in refused.value.violations] == codes


def test_a_reversed_payment_has_nothing_allocated() -> None:
    reversed_payment = make_payment(allocated="250.00").reverse(TODAY, today=TODAY, now=LATER)
    assert (reversed_payment.status, reversed_payment.reversed_at) == (
        PaymentStatus.REVERSED,
        LATER,
    )
    assert (
        reversed_payment.allocated,
        reversed_payment.returned,
        reversed_payment.unallocated,
    ) == (
        cny("0"),
        cny("250.00"),
        cny("0"),
    )
    for move in (
        lambda: reversed_payment.plan_oldest_first([]),
        lambda: reversed_payment.plan_requested([], {}),
        lambda: refund(reversed_payment, cny("1.00")),
    ):
        with pytest.raises(RuleBroken, match="PAYMENT_REVERSED"):
            move()


def test_a_refunded_payment_cannot_be_reversed_and_a_spent_one_not_refunded() -> None:
    for amount in ("1.00", "250.00"):
        with pytest.raises(RuleBroken, match="PAYMENT_REFUNDED"):
            refund(make_payment(), cny(amount)).reverse(TODAY, today=TODAY, now=LATER)
    with pytest.raises(RuleBroken, match="PAYMENT_FULLY_ALLOCATED"):
        refund(make_payment(allocated="250.00"), cny("1.00"))
    for day, code in (
        (date(2026, 11, 21), "DATE_TOO_EARLY"),
        (date(2026, 11, 23), "DATE_IN_FUTURE"),
    ):
        with pytest.raises(Invalid) as refused:
            make_payment().reverse(day, today=TODAY, now=LATER)
        assert [violation.code for violation in refused.value.violations] == [code]


def test_an_allocation_is_reversed_by_its_negative_amount() -> None:
    original = Allocation(
        id=new_id(),
        payment_id=new_id(),
        receivable_id=new_id(),
        amount=cny("9.99"),
        created_at=NOON,
    )
    reversal = original.reversal(new_id(), reason="核销错误", now=LATER)
    assert (reversal.amount, reversal.reverses_id) == (cny("-9.99"), original.id)
    assert reversal.state("AR-1").reverses_id == original.id
    with pytest.raises(RuleBroken, match="ALLOCATION_IS_REVERSAL"):
        reversal.reversal(new_id(), reason="x", now=LATER)


@given(
    st.lists(
        st.tuples(st.sampled_from(["allocate", "release", "refund"]), st.integers(1, 30_000)),
        max_size=30,
    )
)
def test_the_amounts_add_up_after_any_moves(moves: list[tuple[str, int]]) -> None:
    """amount = allocated + returned + unallocated after every move, none of them negative."""
    payment, zero = make_payment(), cny("0")
    for move, fen in moves:
        amount = Money(Decimal(fen) / 100, "CNY")
        try:
            if move == "refund":
                payment = refund(payment, amount)
            else:
                payment = getattr(payment, move)(amount, now=LATER)
        except (Conflict, Invalid, RuleBroken):
            continue
        parts = (payment.allocated, payment.returned, payment.unallocated)
        assert sum(parts, zero) == payment.amount
        assert not any(part.is_negative for part in parts)
        assert (payment.status in ("ALLOCATED", "REFUNDED")) == payment.unallocated.is_zero


@pytest.mark.parametrize(
    "same", ["ICBC-20261120-1", "icbc-20261120-1", " ICBC - 2026 1120-1\t", "ＩＣＢＣ－20261120-1"]
)
def test_case_blanks_and_width_do_not_make_another_reference(same: str) -> None:
    assert normalized_bank_reference(same) == "icbc-20261120-1"
    assert normalized_bank_reference("ICBC-20261120-2") != normalized_bank_reference(same)
