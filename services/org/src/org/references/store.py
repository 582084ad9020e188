"""The code lists: ISO 4217 from the kernel, names from CLDR (Babel), GB/T 2260 from a file.

`deploy/regions.py` compiles `regions.json`, which names its origin, its date and its licence.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from babel import Locale
from pypinyin import lazy_pinyin

from kernel.currencies import ACTIVE_CURRENCIES, precision
from org.references.domain import CodeListEntry, CurrencyEntry, Region

ZH, EN = Locale("zh", script="Hans"), Locale("en")


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
def _compiled() -> dict[str, Any]:
    content: dict[str, Any] = orjson.loads(
        files("org.references").joinpath("regions.json").read_bytes()
    )
    return content


def revision() -> str:
    """Return when the list of divisions was read from its origin, as year and month."""
    read_at: str = _compiled()["source"]["read_at"]
    return read_at[:7].replace("-", "")


@cache
def _regions() -> dict[str, Region]:
    """Return all divisions by code; the districts of a municipality are directly below it."""
    names: dict[str, str] = _compiled()["names"]
    parents = {code: _parent(code, names) for code in sorted(names)}
    with_children = set(parents.values())
    return {
        code: Region(code, name, _pinyin(name), parents[code], code in with_children)
        for code, name in sorted(names.items())
    }


@cache
def _former_regions() -> dict[str, Region]:
    """Return the divisions of codes that are no longer in use."""
    names: dict[str, str] = _compiled()["names"]
    return {
        code: Region(
            code,
            former["name"],
            _pinyin(former["name"]),
            _parent(code, names),
            has_children=False,
            successors=tuple(former["successors"]),
        )
        for code, former in _compiled()["former"].items()
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
    """Return the division with this code, also with one that is no longer in use."""
    return _regions().get(code) or _former_regions().get(code)
