"""The codes of countries by their names in Chinese and English."""

from functools import cache

from babel import Locale

from chassis.records.codes import country_codes
from kernel.names import comparable_name

_LANGUAGES = (Locale("en"), Locale("zh", script="Hans"))
_COUNTRY_ALIASES = {
    "usa": "US",
    "united states of america": "US",
    "uk": "GB",
    "great britain": "GB",
    "hong kong": "HK",
    "香港": "HK",
    "macau": "MO",
    "macao": "MO",
    "澳门": "MO",
    "中国台湾": "TW",
}


@cache
def _countries() -> dict[str, str]:
    """Country codes by code and by name, in English and in Chinese."""
    by_name = {
        comparable_name(name): code
        for language in _LANGUAGES
        for code, name in language.territories.items()
        if code in country_codes()
    }
    by_code = {code.casefold(): code for code in by_name.values()}
    return {**by_code, **by_name, **_COUNTRY_ALIASES}


def country_code(name: str) -> str | None:
    """The ISO 3166-1 code of a country; None for the name of no country or of several."""
    return _countries().get(comparable_name(name))
