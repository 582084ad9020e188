"""Texts that people type: without blanks and invisible characters at their ends."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BeforeValidator, StringConstraints

# Seen as blanks, though they count as letters, marks or symbols: fillers of Hangul and Braille.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Format characters that are seen: signs of Arabic, Syriac and Kaithi around numbers.
_SEEN: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\U000110bd\U000110cd"
)
# The ends of some emoji: selectors of variants, and the tags of flags.
_EMOJI_ENDS: Final = (("\ufe00", "\ufe0f"), ("\U000e0020", "\U000e007f"))


def strip_invisible(text: str) -> str:
    """Return a text without what nobody sees at its ends; joiners inside of emoji and words stay.

    A text in which nothing is seen becomes an empty one.
    """
    first, last = 0, len(text)
    while first < last and _is_invisible(text[first]):
        first += 1
    while first < last and _is_invisible(text[last - 1]):
        last -= 1
    kept = text[first:last]
    return "" if all(_is_invisible(one) or _ends_emoji(one) for one in kept) else kept


def _is_invisible(character: str) -> bool:
    if character.isspace() or character in _BLANK:
        return True
    is_format = unicodedata.category(character) == "Cf" and character not in _SEEN
    return is_format and not _ends_emoji(character)


def _ends_emoji(character: str) -> bool:
    return any(first <= character <= last for first, last in _EMOJI_ENDS)


@dataclass(frozen=True)
class TrimmedText(StringConstraints):
    """The constraints of a text that people type: `Annotated[str, TrimmedText(max_length=200)]`.

    Its ends are stripped with `strip_invisible` before its length and pattern count.
    """

    strip_whitespace: bool | None = True

    def __iter__(self) -> Iterator[Any]:
        """Yield the constraints, and what strips the text before them."""
        yield from super().__iter__()
        yield BeforeValidator(_stripped)


def _stripped(value: Any) -> Any:
    return strip_invisible(value) if isinstance(value, str) else value
