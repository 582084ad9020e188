"""The search lines of encrypted contact points: keyed digests of a value and of its ends.

A digest cannot be searched for a part of what it was made of, so every end that can be searched for
has a digest of its own: of a number its last four and more digits, and of its extension likewise;
of a mail address its domain and those above it. The whole value and the last four digits are grams,
which find rows; the longer ends stand in the text only, which confirms them.
"""

from collections.abc import Iterator

from chassis.database.encryption.sealing import digest
from chassis.records.contact_points import EXTENSION
from chassis.records.search.spelling import DIGEST_GRAM_MARK, DIGEST_MARK, digest_letters

MIN_END = 4  # digits


def point_lines(resource: str, point: str) -> Iterator[str]:
    """Yield the lines of a stored number or mail address."""
    if "@" in point:
        yield _line(resource, point)
        for domain in _domains(point.rpartition("@")[2]):
            yield _end_line(resource, domain)
        return
    base, _, extension = point.partition(EXTENSION)
    yield _line(resource, point)
    yield _line(resource, base)
    for digits in (base.removeprefix("+"), extension):
        for length in range(MIN_END, len(digits) + 1):
            yield _end_line(resource, digits[-length:])


def end_lines(resource: str, end: str) -> tuple[str, str]:
    """Return the line of a value, or of an end of one, and the gram that finds its rows."""
    if "@" in end[1:] or end.startswith("+"):
        line = _line(resource, end)
        return line, line
    if end.isdigit():
        return _end_line(resource, end), _end_line(resource, end[-MIN_END:])
    line = _end_line(resource, end.removeprefix("@"))
    return line, line


def _domains(domain: str) -> Iterator[str]:
    """Yield a domain and those above it, without the top level."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


def _line(resource: str, value: str) -> str:
    return DIGEST_GRAM_MARK + _letters(resource, f"whole\0{value}")


def _end_line(resource: str, end: str) -> str:
    is_gram = not end.isdigit() or len(end) == MIN_END
    mark = DIGEST_GRAM_MARK if is_gram else DIGEST_MARK
    return mark + _letters(resource, f"end\0{end}")


def _letters(resource: str, text: str) -> str:
    return digest_letters(digest(text, f"{resource}.contact_points"))
