from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.decimals import NumberTooLarge
from kernel.errors import DomainError
from kernel.quantity import Quantity, UnitMismatch

bounded = settings(max_examples=200, deadline=None)
quantities = TypeAdapter(Quantity)
six_digits = st.integers(-(10**20), 10**20).map(lambda n: Decimal(n).scaleb(-6))


def pcs(value: str) -> Quantity:
    return Quantity.of(value, "PCS")


def test_sums_differences_and_order() -> None:
    assert pcs("3") + pcs("0.5") == pcs("3.5")
    assert pcs("3") - pcs("5") == -pcs("2")
    assert pcs("1") < pcs("2") <= pcs("2.0")
    assert pcs("2") > pcs("1") >= pcs("1.0")
    assert (pcs("1") - pcs("1")).is_zero
    assert pcs("-1").is_negative
    assert sum([pcs("1"), pcs("2")], Quantity.zero("PCS")) == pcs("3")
    assert str(pcs("3.000000")) == "3 PCS"


@pytest.mark.parametrize("name", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_quantities_of_two_units_cannot_be_combined(name: str) -> None:
    with pytest.raises(UnitMismatch) as caught:
        getattr(pcs("1"), name)(Quantity.of("1", "KG"))
    assert isinstance(caught.value, DomainError)
    assert caught.value.code == "UNIT_MISMATCH"
    assert caught.value.params == {"expected": "PCS", "actual": "KG"}


def test_a_quantity_is_exact_and_bounded() -> None:
    with pytest.raises(TypeError, match="float"):
        Quantity(1.5, "PCS")  # type: ignore[arg-type]
    with pytest.raises(NumberTooLarge):
        pcs("9999999999999999") + pcs("1")


@bounded
@given(six_digits, six_digits)
def test_a_sum_less_one_part_is_the_other_part(one: Decimal, other: Decimal) -> None:
    a, b = Quantity(one, "KG"), Quantity(other, "KG")
    if abs(one + other) < 10**16:
        assert a + b - b == a


def test_a_quantity_in_json() -> None:
    assert quantities.dump_python(pcs("3.000000"), mode="json") == {"value": "3", "unit": "PCS"}
    assert quantities.validate_json('{"value": "3", "unit": "台"}') == Quantity.of("3", "台")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"value": 3, "unit": "PCS"}, [("value", "decimal_string")]),
        (
            {"value": "-0", "unit": ""},
            [("value", "decimal_string"), ("unit", "string_pattern_mismatch")],
        ),
        ({"value": "3", "unit": "PCS\n"}, [("unit", "string_pattern_mismatch")]),
        ({"value": "3", "unit": "P\x00"}, [("unit", "string_pattern_mismatch")]),
        ({"value": "3", "unit": "P" * 17}, [("unit", "string_pattern_mismatch")]),
        ({"unit": "PCS", "of": "x"}, [("value", "missing"), ("of", "unexpected_keyword_argument")]),
    ],
)
def test_every_error_is_reported_at_its_place(body: Any, errors: list[tuple[str, str]]) -> None:
    with pytest.raises(ValidationError) as caught:
        quantities.validate_python(body)
    assert [(one["loc"], one["type"]) for one in caught.value.errors()] == [
        ((place,), kind) for place, kind in errors
    ]
