"""What is known of a person to erase, and how their traces are cut out of texts and JSON."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

GONE = "***"
SHORTEST = 5  # characters; shorter values would be cut out of what has nothing to do with them


@dataclass
class Person:
    """Whom to erase. `given` was asked for, `found` stood in the rows about them.

    What was given is cut out everywhere, what was found (a name, say, that others have too) only
    where the person is meant: beside one of their `ids` or a given value.
    """

    ids: set[UUID] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)

    @property
    def needles(self) -> list[str]:
        """Where one of these stands the person is meant."""
        return sorted({str(one) for one in self.ids} | self.given)


def spellings(phones: Iterable[str], emails: Iterable[str]) -> set[str]:
    """How the phones (E.164) and mails stand in rows and files, but for spaced-out numbers."""
    found = {mail.lower() for mail in emails} | set(emails)
    for phone in phones:
        found |= {phone, phone.removeprefix("+"), phone.removeprefix("+86")}
    return {one for one in found if len(one) >= SHORTEST}


def _cuttable(value: str) -> bool:
    """Whether a value may be cut out of a longer text: short Latin ones stand in other words."""
    return len(value) >= SHORTEST or (len(value) > 1 and not value.isascii())


def scrubbed_text(text: str, values: Iterable[str]) -> str:
    """The text without these values, the longest first."""
    if text in values:
        return GONE
    for value in sorted(filter(_cuttable, values), key=len, reverse=True):
        text = re.sub(re.escape(value), GONE, text, flags=re.IGNORECASE)
    return text


def scrubbed(document: Any, values: set[str]) -> Any:
    """A JSON document without these values, wherever they stand in it."""
    if isinstance(document, dict):
        return {name: scrubbed(one, values) for name, one in document.items()}
    if isinstance(document, list):
        return [scrubbed(one, values) for one in document]
    return scrubbed_text(document, values) if isinstance(document, str) else document


def blanked(content: bytes, person: Person) -> bytes:
    """A file whose lines about the person lose their values, stars for each of the bytes.

    So it is as long as before, and places in it stay where they are.
    """
    needles = [raw for one in person.needles for raw in _encodings(one)]
    values = [raw for one in person.given | person.found for raw in _encodings(one)]
    lines = content.split(b"\n")
    return b"\n".join(_starred(line, values) if _has(line, needles) else line for line in lines)


def _encodings(value: str) -> set[bytes]:
    escaped = json.dumps(value)[1:-1]
    return (
        {value.encode(), value.encode("gb18030"), escaped.encode()} if _cuttable(value) else set()
    )


def _has(line: bytes, needles: Iterable[bytes]) -> bool:
    lower = line.lower()
    return any(one.lower() in lower for one in needles)


def _starred(line: bytes, values: Iterable[bytes]) -> bytes:
    for raw in sorted(values, key=len, reverse=True):
        line = re.sub(re.escape(raw), b"*" * len(raw), line, flags=re.IGNORECASE)
    return line


def is_packed(content: bytes) -> bool:
    """A spreadsheet is a zip archive: nothing can be found in it, so all of it goes."""
    return content.startswith(b"PK\x03\x04")
