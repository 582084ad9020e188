"""Redaction: the data of a person to erase, and its removal from texts and JSON."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from re import Pattern
from typing import Any
from uuid import UUID

from chassis.records.contact_points import EXTENSION
from chassis.tenancy.personal_patterns import (
    MIN_REDACTABLE_LENGTH,
    REDACTED,
    is_redactable,
    names_person,
    replace_values,
    text_pattern,
)
from kernel.names import comparable_name


@dataclass
class ErasureSubject:
    """A person to erase, with the values to redact.

    `requested_values`, the phones and emails of the request, are redacted everywhere.
    `found_values` are the names, phones and emails of the person's own records in all services.
    Other people may share them, so a row about another record that bears the same value keeps it,
    unless the row also holds an id or a requested value. `beside_values`, such as user names and
    devices, are common words too: only rows with an id or a requested value lose them. A row that
    merely contains a requested phone or email may be about another person: it loses that only.
    `changed_ids` are the ids of the rows that were changed.
    """

    ids: set[UUID] = field(default_factory=set)
    requested_values: set[str] = field(default_factory=set)
    found_values: set[str] = field(default_factory=set)
    beside_values: set[str] = field(default_factory=set)
    changed_ids: set[UUID] = field(default_factory=set)

    def note_changed(self, row_id: object) -> None:
        """Note that a row was changed; rows whose id is not a UUID are no records."""
        if isinstance(row_id, UUID):
            self.changed_ids.add(row_id)

    @property
    def values(self) -> set[str]:
        """The values to redact in every row and file."""
        return self.requested_values | self.found_values

    def values_of(self, *, identified: bool) -> set[str]:
        """Return the values to redact in a row, more if it is certainly about the person."""
        return self.values | self.beside_values if identified else self.values

    @property
    def needles(self) -> list[str]:
        """What the rows and files to look at contain: an id or a value."""
        return sorted({str(key) for key in self.ids} | set(filter(is_redactable, self.values)))

    @property
    def identifying_needles(self) -> set[str]:
        """The ids and requested values, which mean this person and nobody else."""
        return {str(key) for key in self.ids} | self.requested_values

    @property
    def identifying(self) -> Pattern[str] | None:
        """The pattern of the ids and requested values."""
        return text_pattern(self.identifying_needles)

    def is_requested(self, value: object) -> bool:
        """Return whether a phone or email is a requested one, with or without an extension."""
        lower = str(value).lower()
        return bool({lower, lower.partition(EXTENSION)[0]} & self.requested_values)


def contact_spellings(phones: Iterable[str], emails: Iterable[str]) -> set[str]:
    """Return the spellings of phones (E.164) and emails in rows and files.

    Texts are searched with patterns; these spellings are for files, without spaces in numbers.
    """
    variants = {email.lower() for email in emails} | set(emails)
    for phone in phones:
        variants |= {phone, phone.removeprefix("+"), phone.removeprefix("+86")}
    return {value for value in variants if len(value) >= MIN_REDACTABLE_LENGTH}


def redact_text(text: str, values: Set[str], *, short: bool = True) -> str:
    """Replace these values in a text; a `short` one only where it is the whole text."""
    if short and text and comparable_name(text) in {comparable_name(one) for one in values}:
        return REDACTED
    return replace_values(text, text_pattern(values))


def redact_json(document: Any, values: Set[str], *, short: bool = True) -> Any:
    """Replace these values in all texts of a JSON document."""
    if isinstance(document, dict):
        return {name: redact_json(value, values, short=short) for name, value in document.items()}
    if isinstance(document, list | tuple):  # a list in a column of its own is read as a tuple
        return type(document)(redact_json(item, values, short=short) for item in document)
    return redact_text(document, values, short=short) if isinstance(document, str) else document


def texts_of(document: Any) -> Iterator[str]:
    """Yield all texts of a JSON document."""
    if isinstance(document, str):
        yield document
    elif isinstance(document, dict):
        for value in document.values():
            yield from texts_of(value)
    elif isinstance(document, list | tuple):
        for value in document:
            yield from texts_of(value)


def holds(document: Any, pattern: Pattern[str] | None) -> bool:
    """Return whether a text or JSON document holds a value of the pattern."""
    return any(names_person(text, pattern) for text in texts_of(document))
