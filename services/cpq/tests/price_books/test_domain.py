from datetime import date
from uuid import UUID

from kernel.errors import Violation
from kernel.money import Money
from services.cpq.tests.factories import cny, make_book, make_entry

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_a_sound_book_has_no_violation() -> None:
    entries = [
        make_entry(A, cny("100"), from_10=cny("90"), from_100=cny("80.123456")),
        make_entry(B, cny("0")),
    ]
    book = make_book(entries, valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 2))
    assert book.violations(unknown=set()) == []


def test_a_dearer_tier_is_allowed() -> None:
    assert make_book([make_entry(A, cny("1"), from_2=cny("3"))]).violations(unknown=set()) == []


def test_everything_wrong_is_said_at_once() -> None:
    entries = [
        make_entry(A, cny("-1")),
        make_entry(B, Money.of("1", "USD"), from_10=cny("9"), from_5=Money.of("-2", "JPY")),
        make_entry(A, cny("2")),
        make_entry(C, cny("2"), from_3=cny("1"), **{"from_3.0": cny("1")}),
    ]
    day = date(2026, 3, 1)
    book = make_book(entries, valid_from=day, valid_to=day)
    assert book.violations(unknown={C}) == [
        Violation("/valid_to", "PERIOD_EMPTY", {"start": "2026-03-01"}),
        Violation("/entries/2/product_id", "PRODUCT_REPEATED", {"product_id": str(A)}),
        Violation("/entries/0/list_price/amount", "TOO_SMALL", {"relation": ">=", "limit": "0"}),
        Violation(
            "/entries/1/list_price/currency",
            "CURRENCY_MISMATCH",
            {"expected": "CNY", "actual": "USD"},
        ),
        Violation(
            "/entries/1/tiers/1/unit_price/currency",
            "CURRENCY_MISMATCH",
            {"expected": "CNY", "actual": "JPY"},
        ),
        Violation(
            "/entries/1/tiers/1/unit_price/amount", "TOO_SMALL", {"relation": ">=", "limit": "0"}
        ),
        Violation("/entries/1/tiers/1/from_quantity", "TIERS_NOT_INCREASING"),
        Violation("/entries/3/product_id", "PRODUCT_UNKNOWN", {"product_id": str(C)}),
        Violation("/entries/3/tiers/1/from_quantity", "TIERS_NOT_INCREASING"),
    ]


def test_an_empty_book_is_refused_together_with_its_dates() -> None:
    book = make_book([], valid_to=date(2025, 12, 31))
    assert [(v.pointer, v.code) for v in book.violations(unknown=set())] == [
        ("/valid_to", "PERIOD_EMPTY"),
        ("/entries", "TOO_SHORT"),
    ]
