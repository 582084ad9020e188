import pytest
from pydantic import TypeAdapter, ValidationError

from kernel.currencies import ACTIVE_CURRENCIES, CurrencyCode, precision

currencies = TypeAdapter(CurrencyCode)


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("CNY", 2),
        ("USD", 2),
        ("HUF", 2),
        ("JPY", 0),
        ("KRW", 0),
        ("KWD", 3),
        ("TND", 3),
        ("CLF", 4),
    ],
)
def test_precision(currency: str, digits: int) -> None:
    assert precision(currency) == digits


def test_the_table_has_as_many_codes_of_each_precision_as_the_standard() -> None:
    digits = [precision(currency) for currency in ACTIVE_CURRENCIES]
    assert {each: digits.count(each) for each in digits} == {0: 17, 2: 139, 3: 7, 4: 2}
    assert all(len(each) == 3 and each.isascii() and each.isupper() for each in ACTIVE_CURRENCIES)


def test_a_withdrawn_currency_can_be_read_but_not_entered() -> None:
    assert precision("BGN") == 2
    with pytest.raises(ValidationError) as refused:
        currencies.validate_python("BGN")
    assert refused.value.errors()[0]["type"] == "currency_unknown"


@pytest.mark.parametrize("code", ["", "cny", "RMB", "CNY ", "CNY\n", "ＣＮＹ", "XAU", "XXX", "BTC"])
def test_codes_that_are_none(code: str) -> None:
    with pytest.raises(ValidationError, match="active ISO 4217"):
        currencies.validate_python(code)
    with pytest.raises(ValueError, match="no ISO 4217"):
        precision(code)


def test_the_schema_leaves_room_for_new_currencies() -> None:
    assert currencies.json_schema() == {"type": "string", "pattern": "^[A-Z]{3}$"}
