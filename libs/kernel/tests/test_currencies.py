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
def test_decimal_places_of_currencies(currency: str, digits: int) -> None:
    assert precision(currency) == digits


def test_the_numbers_of_codes_agree_with_the_standard() -> None:
    digits = [precision(currency) for currency in ACTIVE_CURRENCIES]
    assert {count: digits.count(count) for count in digits} == {0: 17, 2: 139, 3: 7, 4: 2}
    assert all(len(code) == 3 and code.isascii() and code.isupper() for code in ACTIVE_CURRENCIES)


def test_a_withdrawn_currency_can_be_read_but_not_entered() -> None:
    assert precision("BGN") == 2
    with pytest.raises(ValidationError) as caught:
        currencies.validate_python("BGN")
    assert caught.value.errors()[0]["type"] == "currency_unknown"


@pytest.mark.parametrize("code", ["", "cny", "RMB", "CNY ", "CNY\n", "ＣＮＹ", "XAU", "XXX", "BTC"])
def test_unknown_codes_are_refused(code: str) -> None:
    with pytest.raises(ValidationError, match="active ISO 4217"):
        currencies.validate_python(code)
    with pytest.raises(ValueError, match="not an ISO 4217"):
        precision(code)


def test_the_schema_allows_currencies_added_later() -> None:
    assert currencies.json_schema() == {"type": "string", "pattern": "^[A-Z]{3}$"}
