"""Normalized spelling of names for search, so that equivalent spellings match; pure functions."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

MAX_SEARCHED_LENGTH = 200  # characters of one name that can be found
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@cache
def _simplifier() -> Any:
    """Load the dictionary on first use, which takes 24 ms (that of pinyin takes 220 ms)."""
    return import_module("opencc").OpenCC("t2s")


@cache
def _pinyin() -> Any:
    return import_module("pypinyin")


def normalize(text: str) -> str:
    """Normalize width, case and traditional characters; keep only letters and digits."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _HAN.search(folded):
        folded = _simplifier().convert(folded)
    return "".join(letter for letter in folded if letter.isalnum())


def pinyin_initials(text: str) -> str:
    """Return the pinyin initials: `长沙银行` -> `csyh`; empty for a text without Chinese."""
    normalized = normalize(text)
    if not _HAN.search(normalized):
        return ""
    first = _pinyin().Style.FIRST_LETTER
    return "".join(_pinyin().lazy_pinyin(normalized, style=first))


def search_text_of(names: Iterable[str | None]) -> str:
    """Return the text to search in: for each name its normalized form and initials, a line each."""
    lines = [
        form(name)[:MAX_SEARCHED_LENGTH]
        for name in names
        if name
        for form in (normalize, pinyin_initials)
    ]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def bigrams_of(text: str) -> set[str]:
    """Return all pairs of adjacent characters of each line, and its last character alone.

    So every character of a line begins a gram, and a single character is found by a prefix range.
    """
    return {
        line[start : start + 2] for line in text.split("\n") for start in range(len(line)) if line
    }


def search_terms(query: str) -> list[str]:
    """Return the normalized words of a search query; a row must contain all of them."""
    return list(dict.fromkeys(filter(None, map(normalize, query.split()))))
