from datetime import date
from uuid import UUID

from kernel.errors import Violation
from kernel.money import Money
from services.cpq.tests.factories import cny, make_price_book, make_price_entry

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def test_a_valid_book_has_no_violation() -> None:
    entries = [
        make_price_entry(A, cny("100"), from_10=cny("90"), from_100=cny("80.123456")),
        make_price_entry(B, cny("0")),
    ]
    book = make_price_book(entries, valid_from=date(2026, 1, 1), valid_to=date(2026, 1, 2))
    assert book.violations(unknown_product_ids=set()) == []


def test_a_tier_price_above_the_list_price_is_allowed() -> None:
    assert (
        make_price_book([make_price_entry(A, cny("1"), from_2=cny("3"))]).violations(
            unknown_product_ids=set()
        )
        == []
    )


def test_all_violations_are_reported_together() -> None:
    entries = [
        make_price_entry(A, cny("-1")),
        make_price_entry(B, Money.of("1", "USD"), from_10=cny("9"), from_5=Money.of("-2", "JPY")),
        make_price_entry(A, cny("2")),
        make_price_entry(C, cny("2"), from_3=cny("1"), **{"from_3.0": cny("1")}),
    ]
    day = date(2026, 3, 1)
    book = make_price_book(entries, valid_from=day, valid_to=day)
    assert book.violations(unknown_product_ids={C}) == [
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


def test_an_empty_book_and_a_wrong_period_are_reported_together() -> None:
    book = make_price_book([], valid_to=date(2025, 12, 31))
    assert [(v.pointer, v.code) for v in book.violations(unknown_product_ids=set())] == [
        ("/valid_to", "PERIOD_EMPTY"),
        ("/entries", "TOO_SHORT"),
    ]
