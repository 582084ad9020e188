"""Texts in the preferred language of the caller."""

from typing import Any, Final

from chassis.foundation.context import current
from chassis.foundation.texts import Text, filled

COLON: Final = Text("：", ": ")
COMMA: Final = Text("，", ", ")
SEMICOLON: Final = Text("；", "; ")


def in_words(text: Text, /, **params: Any) -> str:
    """Return a text in the preferred language, filled with its params."""
    return filled(text, params, current().language)


def joined(separator: Text, *parts: str | None) -> str:
    """Join the parts that are not empty, as the preferred language separates them."""
    return in_words(separator).join(part for part in parts if part)
