"""Names as they are searched: one spelling for what people hold to be the same; pure."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

MAX_SEARCHED_LENGTH = 200  # characters of one name that are searched in
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


@cache
def _simplifier() -> Any:
    """Loaded on first need, as a dictionary takes its time (24 ms; pinyin 220 ms)."""
    return import_module("opencc").OpenCC("t2s")


@cache
def _pinyin() -> Any:
    return import_module("pypinyin")


def normalize(text: str) -> str:
    """Full width = half width, capitals = small letters, traditional = simplified, no blanks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _HAN.search(folded):
        folded = _simplifier().convert(folded)
    return "".join(letter for letter in folded if letter.isalnum())


def pinyin_initials(text: str) -> str:
    """`长沙银行` -> `csyh`; empty where there is nothing Chinese."""
    plain = normalize(text)
    if not _HAN.search(plain):
        return ""
    first = _pinyin().Style.FIRST_LETTER
    return "".join(_pinyin().lazy_pinyin(plain, style=first))


def search_text_of(names: Iterable[str | None]) -> str:
    """The lines that stand for these names, each once."""
    lines = [
        form(name)[:MAX_SEARCHED_LENGTH]
        for name in names
        if name
        for form in (normalize, pinyin_initials)
    ]
    return "\n".join(dict.fromkeys(line for line in lines if line))


def bigrams_of(text: str) -> set[str]:
    """All pairs of neighbours of each line, and its last character alone.

    So every character of a line begins one of its grams: a single one is found by a range.
    """
    return {
        line[place : place + 2] for line in text.split("\n") for place in range(len(line)) if line
    }


def search_terms(question: str) -> list[str]:
    """The words asked for; a row must hold all of them."""
    return list(dict.fromkeys(filter(None, map(normalize, question.split()))))
