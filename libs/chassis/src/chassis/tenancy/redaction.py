"""What is known of a person to erase, and how their traces are cut out of texts and JSON."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

REDACTED = "***"
MIN_REDACTABLE_LENGTH = (
    5  # characters; shorter values would be cut out of what has nothing to do with them
)


@dataclass
class ErasureSubject:
    """Whom to erase. `given` was asked for, `found` stood in the rows about them.

    What was given is cut out everywhere, what was found in the rows of their `ids` (a name, say,
    that others have too) only where the person is meant: beside an id or a given value. A row that
    only has a given phone or mail may be another's: it loses that value and nothing else.
    """

    ids: set[UUID] = field(default_factory=set)
    given: set[str] = field(default_factory=set)
    found: set[str] = field(default_factory=set)

    @property
    def needles(self) -> list[str]:
        """Where one of these stands the person is meant."""
        return sorted({str(one) for one in self.ids} | self.given)


def contact_spellings(phones: Iterable[str], emails: Iterable[str]) -> set[str]:
    """How the phones (E.164) and mails stand in rows and files, but for spaced-out numbers."""
    found = {mail.lower() for mail in emails} | set(emails)
    for phone in phones:
        found |= {phone, phone.removeprefix("+"), phone.removeprefix("+86")}
    return {one for one in found if len(one) >= MIN_REDACTABLE_LENGTH}


def is_redactable(value: str) -> bool:
    """Whether a value may be cut out of a longer text: short Latin ones stand in other words."""
    return len(value) >= MIN_REDACTABLE_LENGTH or (len(value) > 1 and not value.isascii())


def redact_text(text: str, values: Iterable[str]) -> str:
    """The text without these values, the longest first."""
    if text in values:
        return REDACTED
    for value in sorted(filter(is_redactable, values), key=len, reverse=True):
        text = re.sub(re.escape(value), REDACTED, text, flags=re.IGNORECASE)
    return text


def redact_json(document: Any, values: set[str]) -> Any:
    """A JSON document without these values, wherever they stand in it."""
    if isinstance(document, dict):
        return {name: redact_json(one, values) for name, one in document.items()}
    if isinstance(document, list):
        return [redact_json(one, values) for one in document]
    return redact_text(document, values) if isinstance(document, str) else document
