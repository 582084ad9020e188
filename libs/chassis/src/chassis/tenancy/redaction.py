"""Redaction: the data of a person to erase, and its removal from texts and JSON."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

REDACTED = "***"
MIN_REDACTABLE_LENGTH = 5  # characters; shorter values also occur in unrelated words


@dataclass
class ErasureSubject:
    """A person to erase, with the values to redact.

    `requested_values`, the phones and emails of the request, are redacted everywhere.
    `found_values` come from the rows of the person's `ids`. Other people may share them, as with a
    name, so they are redacted only beside an id or a requested value. A row that merely contains a
    requested phone or email may be about another person: it loses that value only.
    `changed_ids` are the ids of the rows that were changed.
    """

    ids: set[UUID] = field(default_factory=set)
    requested_values: set[str] = field(default_factory=set)
    found_values: set[str] = field(default_factory=set)
    changed_ids: set[UUID] = field(default_factory=set)

    def note_changed(self, row_id: object) -> None:
        """Note that a row was changed; rows whose id is not a UUID are no records."""
        if isinstance(row_id, UUID):
            self.changed_ids.add(row_id)

    @property
    def values(self) -> set[str]:
        """All values to redact beside the ids."""
        return self.requested_values | self.found_values

    @property
    def needles(self) -> list[str]:
        """The values that identify the person: ids and requested values."""
        return sorted({str(key) for key in self.ids} | self.requested_values)


def contact_spellings(phones: Iterable[str], emails: Iterable[str]) -> set[str]:
    """Return the spellings of phones (E.164) and emails in rows and files.

    Phone numbers with spaces are not covered.
    """
    variants = {email.lower() for email in emails} | set(emails)
    for phone in phones:
        variants |= {phone, phone.removeprefix("+"), phone.removeprefix("+86")}
    return {value for value in variants if len(value) >= MIN_REDACTABLE_LENGTH}


def is_redactable(value: str) -> bool:
    """Return whether a value may be redacted in longer texts: short Latin ones occur in words."""
    return len(value) >= MIN_REDACTABLE_LENGTH or (len(value) > 1 and not value.isascii())


def redact_text(text: str, values: Iterable[str]) -> str:
    """Replace these values in a text, the longest first."""
    if text in values:
        return REDACTED
    for value in sorted(filter(is_redactable, values), key=len, reverse=True):
        text = re.sub(re.escape(value), REDACTED, text, flags=re.IGNORECASE)
    return text


def redact_json(document: Any, values: set[str]) -> Any:
    """Replace these values in all texts of a JSON document."""
    if isinstance(document, dict):
        return {name: redact_json(value, values) for name, value in document.items()}
    if isinstance(document, list):
        return [redact_json(item, values) for item in document]
    return redact_text(document, values) if isinstance(document, str) else document
