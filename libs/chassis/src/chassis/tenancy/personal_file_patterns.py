"""Finds the places of a file, by its bytes, that may hold a person's values.

A superset in the encodings of text files, for Python and for PostgreSQL: what is found is decoded
and decided by `personal_patterns`, as in all texts.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from chassis.tenancy.personal_patterns import is_phone, is_redactable, searched_digits

_Step = Sequence[bytes] | None  # the ways to write a character; None for separators of any kind
_ENCODINGS = ("utf-8", "gb18030")
# Characters of GB18030 end with a byte that is a letter alone, or have digits in them.
_BYTE_GAP = (
    rb"(?:[^0-9A-Za-z]|[\x81-\xfe][@-~]|[\x81-\xfe][0-9][\x81-\xfe][0-9]){0,12}"  # four characters
)
_ESCAPED_GAP = r"(?:[^0-9A-Za-z\\]|\\\\|\\[0-7]{3}(?:[@-~]|[0-9]\\[0-7]{3}[0-9])?)*"


def file_pattern(values: Iterable[str]) -> re.Pattern[bytes] | None:
    """Return the pattern of the bytes that may be one of these values, None without a value."""
    return _compiled(frozenset(filter(is_redactable, values)))


@cache
def _compiled(values: frozenset[str]) -> re.Pattern[bytes] | None:
    parts = [b"".join(map(_in_bytes, _steps(value))) for value in sorted(values)]
    return re.compile(b"|".join(parts), re.IGNORECASE) if parts else None


def escaped_file_pattern(values: Iterable[str]) -> str:
    """Return the same for PostgreSQL, which shows bytes beyond ASCII as `\\ooo` (encode, escape).

    It is compared without case.
    """
    return "|".join("".join(map(_escaped, _steps(one))) for one in filter(is_redactable, values))


def _steps(value: str) -> list[_Step]:
    """Return the characters of a value, each as it may be written, and the gaps between them."""
    if is_phone(value):
        steps: list[_Step] = []
        for digit in searched_digits(value):
            steps += [_ways(digit, chr(ord(digit) + 0xFEE0)), None]  # full width
        return steps[:-1]
    characters = unicodedata.normalize("NFC", value)
    return [None if not (one.isalnum() or one == "@") else _cases(one) for one in characters]


def _cases(character: str) -> Sequence[bytes]:
    return _ways(character, character.lower(), character.upper(), character.title())


def _ways(*characters: str) -> Sequence[bytes]:
    written = [one.encode(encoding) for one in characters for encoding in _ENCODINGS]
    escapes = [json.dumps(one)[1:-1].encode() for one in characters if not one.isascii()]
    return sorted({*written, *escapes})


def _in_bytes(step: _Step) -> bytes:
    return _BYTE_GAP if step is None else b"(?:" + b"|".join(map(re.escape, step)) + b")"


def _escaped(step: _Step) -> str:
    if step is None:
        return _ESCAPED_GAP
    return f"(?:{'|'.join(''.join(map(_escaped_byte, way)) for way in step)})"


def _escaped_byte(byte: int) -> str:
    if byte >= 0x80:
        return rf"\\{byte:03o}"
    return r"\\\\" if byte == ord("\\") else re.escape(chr(byte))
