"""Normalized spelling of names for search, so that equivalent spellings match; pure functions."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import Any

from chassis.records.contact_points import EXTENSION, phone_ends

MAX_SEARCHED_LENGTH = 200  # characters of one name that can be found
TAIL_MARK = "<"  # begins the line of a contact point; no normalized word contains it
# These begin the lines of encrypted contact points: of a digest that is a gram, and of another one.
DIGEST_GRAM_MARK, DIGEST_MARK = "=", ">"
KEY_MARK = "!"  # begins the line of a key under which like records are found; it is one gram
# Upper-case letters, so that no word of a name, which is in lower case, is found in a digest.
_DIGEST_LETTERS = str.maketrans("0123456789abcdef", "ABCDEFGHIJKLMNOP")
_PRIVATE_USE = 0xF0000
_MAIL_TAIL = re.compile(r"[^\s@]*@[^\s@]{2,}|[^\s@]{2,}\.[^\s@.\d]{2,}")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")


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
    if HAN.search(folded):
        folded = _simplifier().convert(folded)
    return "".join(letter for letter in folded if letter.isalnum())


def pinyin_initials(text: str) -> str:
    """Return the pinyin initials: `长沙银行` -> `csyh`; empty for a text without Chinese."""
    normalized = normalize(text)
    if not HAN.search(normalized):
        return ""
    first = _pinyin().Style.FIRST_LETTER
    return "".join(_pinyin().lazy_pinyin(normalized, style=first))


def pinyin_of(text: str) -> str:
    """Return a text in pinyin without tones; other letters stay: `长沙3` -> `changsha3`."""
    return "".join(_pinyin().lazy_pinyin(text))


def search_text_of(names: Iterable[str | None], contact_points: Iterable[str | None] = ()) -> str:
    """Return the text to search in: for each name its normalized form and initials, a line each.

    Each contact point has a line of its own, and a number with an extension one more without it.
    """
    lines = [
        form(name)[:MAX_SEARCHED_LENGTH]
        for name in names
        if name
        for form in (normalize, pinyin_initials)
    ]
    ends = [
        reversed_tail(form)
        for point in contact_points
        if point
        for form in (point, point.partition(EXTENSION)[0])
    ]
    return "\n".join(dict.fromkeys(line for line in (*lines, *ends) if line))


def bigrams_of(text: str) -> set[str]:
    """Return all pairs of adjacent characters of each line, and its last character alone.

    So every character of a line begins a gram, and a single character is found by a prefix range.
    A reversed contact point is one gram, so that an end of it is found by a prefix range; a digest
    is one gram or none, a key is one.
    """
    lines = [line for line in text.split("\n") if line]
    marks = (TAIL_MARK, DIGEST_GRAM_MARK, KEY_MARK)
    whole = {line for line in lines if line.startswith(marks)}
    split = [line for line in lines if line not in whole and not line.startswith(DIGEST_MARK)]
    return whole | {line[start : start + 2] for line in split for start in range(len(line))}


def digest_letters(digest: bytes) -> str:
    """Return a digest in the letters in which it stands in the index."""
    return digest.hex().translate(_DIGEST_LETTERS)


def reversed_tail(text: str) -> str:
    """Return a contact point, or an end of one, in the form in which its end is searched for.

    It is reversed, so that an end is a beginning, and moved to characters of private use, so that
    no word of a name is found in it.
    """
    shifted = (chr(_PRIVATE_USE + ord(letter)) for letter in reversed(text) if ord(letter) < 0xFFFE)
    return TAIL_MARK + "".join(shifted)


def tail_terms(query: str, country: str | None) -> tuple[str, ...]:
    """Return the contact points, or ends of them, that a query can mean; empty for a name.

    It is a telephone number, at least its last four digits, or a mail address or its last part.
    """
    text = unicodedata.normalize("NFKC", query).strip()
    if _MAIL_TAIL.fullmatch(text):
        return (text.lower(),)
    return phone_ends(text, country)


def search_terms(query: str) -> list[str]:
    """Return the normalized words of a search query; a row must contain all of them."""
    return list(dict.fromkeys(filter(None, map(normalize, query.split()))))
