"""The code lists: ISO 4217 from the kernel, names from CLDR (Babel), GB/T 2260 from gb2260-v2."""

from collections.abc import Mapping
from functools import cache

from babel import Locale
from gb2260_v2 import GB2260
from pypinyin import lazy_pinyin

from kernel.currencies import ACTIVE_CURRENCIES, precision
from org.references.domain import CodeListEntry, CurrencyEntry, Region

ZH, EN = Locale("zh", script="Hans"), Locale("en")
REVISION = "201904"  # the newest revision that the library has


@cache
def currencies() -> tuple[CurrencyEntry, ...]:
    """Return all active currencies by code; the code replaces a missing name."""
    return tuple(
        CurrencyEntry(
            code,
            ZH.currencies.get(code, code),
            EN.currencies.get(code, code),
            ZH.currency_symbols.get(code, code),
            precision(code),
        )
        for code in sorted(ACTIVE_CURRENCIES)
    )


@cache
def countries() -> tuple[CodeListEntry, ...]:
    """Return the countries of ISO 3166-1 alpha-2 by code, without CLDR's other territories."""
    codes = sorted(set(ZH.territories) & set(EN.territories) - _NOT_COUNTRIES)
    return tuple(
        CodeListEntry(code, ZH.territories[code], EN.territories[code])
        for code in codes
        if len(code) == 2 and code.isalpha()
    )


# Territories of CLDR that are exceptional reservations, groups, or codes for tests.
_NOT_COUNTRIES = frozenset({"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN",
                           "XA", "XB", "XK", "ZZ"})  # fmt: skip


@cache
def languages() -> tuple[CodeListEntry, ...]:
    """Return the languages of the system's texts by their BCP 47 tags."""
    return (
        CodeListEntry("zh-CN", "简体中文", "Chinese (Simplified)"),
        CodeListEntry("en", "英语", "English"),
    )


@cache
def _regions() -> dict[str, Region]:
    """Return all divisions by code; the districts of a municipality are directly below it."""
    names: dict[str, str] = GB2260(REVISION).revision.division_schema
    parents = {code: _parent(code, names) for code in sorted(names)}
    with_children = set(parents.values())
    return {
        code: Region(code, name, _pinyin(name), parents[code], code in with_children)
        for code, name in sorted(names.items())
    }


def _parent(code: str, names: Mapping[str, str]) -> str | None:
    prefecture, province = f"{code[:4]}00", f"{code[:2]}0000"
    candidates = (
        code_above
        for code_above in (prefecture, province)
        if code_above in names and code_above != code
    )
    return None if code == province else next(candidates, None)


def _pinyin(name: str) -> str:
    return "".join(lazy_pinyin(name)).capitalize()


def regions(parent: str | None) -> tuple[Region, ...]:
    """Return the divisions directly below another one, or the provinces."""
    return tuple(region for region in _regions().values() if region.parent == parent)


def region(code: str) -> Region | None:
    """Return the division with this code, if there is one."""
    return _regions().get(code)
