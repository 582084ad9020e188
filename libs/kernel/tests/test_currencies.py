import pytest
from babel.core import get_global
from pydantic import TypeAdapter, ValidationError

from kernel.currencies import ACTIVE_CURRENCIES, CurrencyCode, precision

currencies = TypeAdapter(CurrencyCode)
# CLDR writes no decimals where people use none; ISO 4217, and so every invoice, has these.
UNUSED_DECIMALS = {"IQD": 3} | dict.fromkeys(
    ["AFN", "ALL", "IRR", "KPW", "LAK", "LBP", "MGA", "MMK", "RSD", "SOS", "SYP", "YER"], 2
)
# Funds, units of account, and money that CLDR does not count as legal tender now.
NO_TENDER = {
    *("BOV", "CHE", "CHW", "CLF", "COU", "MXV"),
    *("SVC", "USN", "UYI", "UYW", "VED", "XAD"),
}
# Withdrawn since CLDR's list was made: Bulgaria has the euro since 2026.
WITHDRAWN_SINCE = {"BGN"}


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


def test_decimal_places_agree_with_cldr_but_for_those_that_people_do_not_use() -> None:
    fractions = get_global("currency_fractions")
    cldr = {code: fractions.get(code, fractions["DEFAULT"])[0] for code in ACTIVE_CURRENCIES}
    differing = {code: precision(code) for code in cldr if precision(code) != cldr[code]}
    assert differing == UNUSED_DECIMALS
    assert {cldr[code] for code in differing} == {0}


def test_active_currencies_are_those_that_cldr_counts_as_tender_and_the_funds_of_iso() -> None:
    tender = {
        code
        for periods in get_global("territory_currencies").values()
        for code, _since, until, is_tender in periods
        if is_tender and until is None
    }
    assert tender - ACTIVE_CURRENCIES == WITHDRAWN_SINCE
    assert ACTIVE_CURRENCIES - tender == NO_TENDER


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
