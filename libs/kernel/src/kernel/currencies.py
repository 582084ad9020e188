"""Currency codes and the number of decimal places of each currency.

Source: ISO 4217, List One of the maintenance agency SIX, after amendment 180 (2026). The thirteen
codes without a minor unit (metals, bond units, tests, XXX) are left out, because nothing can be
invoiced in them.
"""

from decimal import Decimal
from functools import cache
from typing import Annotated, Final

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_TWO_DIGITS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL
MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
"""
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DIGITS = "CLF UYW"
# Withdrawn since 2021, all with two decimal places; old documents must stay readable.
_WITHDRAWN = "ANG BGN CUC HRK SLL ZWL"

_DIGITS: Final = (
    dict.fromkeys(_TWO_DIGITS.split(), 2)
    | dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(_THREE_DIGITS.split(), 3)
    | dict.fromkeys(_FOUR_DIGITS.split(), 4)
)
ACTIVE_CURRENCIES: Final = frozenset(_DIGITS)
_DIGITS_WITH_WITHDRAWN: Final = _DIGITS | dict.fromkeys(_WITHDRAWN.split(), 2)


def precision(currency: str) -> int:
    """The number of decimal places of a currency: CNY 2, JPY 0, KWD 3, CLF 4.

    Withdrawn codes are known too. Raises ValueError for codes that never existed.
    """
    digits = _DIGITS_WITH_WITHDRAWN.get(currency)
    if digits is None:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency code")
    return digits


@cache
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of a currency: CNY 0.01, JPY 1. Raises ValueError as `precision` does."""
    return Decimal(1).scaleb(-precision(currency))


def _ensure_active(currency: str) -> str:
    if currency not in ACTIVE_CURRENCIES:
        raise PydanticCustomError(
            "currency_unknown", "Input should be an active ISO 4217 currency code"
        )
    return currency


# For pydantic fields: accepts active codes; the error type of others is `currency_unknown`.
CurrencyCode = Annotated[
    str,
    AfterValidator(_ensure_active),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]
