"""Tags: short words by which people and rules classify records, in any case the same."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MAX_TAGS: Final = 20
MAX_TAG_LENGTH: Final = 60
_TAG_ENDS: Final = re.compile(r"[;；,，、\n]")


def distinct_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags in their order, each once: of spellings in other cases the first."""
    first: dict[str, str] = {}
    for tag in tags:
        first.setdefault(_compared(tag), tag)
    return tuple(first.values())


def tags_of_cell(cell: str) -> list[str]:
    """Return the tags in a cell of a file, which commas or semicolons separate."""
    return [tag for part in _TAG_ENDS.split(cell) if (tag := part.strip())]


def tag_key(tag: str) -> str:
    """Return the key under which the records with a tag are found."""
    return f"tag:{_compared(tag)}"


def tag_keys(tags: Iterable[str]) -> list[str]:
    """Return the keys under which a record with these tags is found."""
    return [tag_key(tag) for tag in tags]


def _compared(tag: str) -> str:
    """Return the form in which tags are compared: case and width do not matter."""
    return unicodedata.normalize("NFKC", tag).casefold()
