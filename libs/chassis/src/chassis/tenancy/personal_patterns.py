"""Finds a person's values in texts, however they are spelled there.

Names are found in their comparing form, mails in any case, phones with or without country code,
extension and separators. The same patterns go to PostgreSQL, which only picks candidates with them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache

import phonenumbers
from phonenumbers import NumberParseException

from chassis.records.contact_points import EXTENSION
from kernel.names import comparable_name

REDACTED = "***"
MIN_REDACTABLE_LENGTH = 5  # characters; shorter Latin values also occur in unrelated words
MIN_NATIONAL_DIGITS = 7  # a shorter national number is found only with its country code

_E164 = re.compile(r"\+[0-9]{6,15}(?:;ext=[0-9]{1,8})?")
# Letters and digits beside which a name in such letters is only a part of a longer word.
_WORD = "0-9A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u04ff"
# Blanks and what people write between digits: 139 5551-2347, (010) 6234.5678, 139/5551/2347, and
# all dashes, which PostgreSQL does not make one.
_BETWEEN_DIGITS = r"[ \t().·・_/\u2010-\u2015\u2212-]{0,4}"
_ANY_EXTENSION = "(?: ?(?:;ext=|,? ?ext[.]? ?|x|#|转|轉|分机|分機)[0-9]{1,8})?"


def is_phone(value: str) -> bool:
    """Return whether a value is a number in E.164, as all services store it."""
    return _E164.fullmatch(value) is not None


def is_redactable(value: str) -> bool:
    """Return whether a value may be redacted in longer texts: short Latin ones occur in words."""
    return len(value) >= MIN_REDACTABLE_LENGTH or (len(value) > 1 and not value.isascii())


def text_pattern(values: Iterable[str]) -> re.Pattern[str] | None:
    """Return the pattern of these values in a text in comparing form, None without a value."""
    return _compiled(frozenset(filter(is_redactable, values)))


@cache
def _compiled(values: frozenset[str]) -> re.Pattern[str] | None:
    parts = [_part(value) for value in sorted(values, key=lambda one: (-len(one), one))]
    return re.compile("|".join(parts)) if parts else None


def candidate_pattern(values: Iterable[str]) -> str:
    """Return the PostgreSQL pattern of texts and JSON in NFKC that may hold one of the values.

    It has no conditions on neighbours, because JSON writes a line break before a word as letters.
    """
    return "|".join(_candidate(value) for value in sorted(filter(is_redactable, values)))


def _part(value: str) -> str:
    if is_phone(value):
        return _phone(value)
    form = comparable_name(value)
    words = r" +".join(map(re.escape, form.split(" ")))
    mail = "._%+-" if "@" in value else ""
    before = f"(?<![{_WORD}{mail}])" if re.match(f"[{_WORD}]", form) else ""
    after = f"(?![{_WORD}])" if re.search(f"[{_WORD}]$", form) else ""
    return f"{before}{words}{after}"


def _phone(value: str) -> str:
    base, _, extension = value.partition(EXTENSION)
    own = f"(?:[^0-9]{{1,7}}{extension})" if extension else _ANY_EXTENSION
    return f"(?<![0-9]){_digits(base)}{own}(?![0-9])"


def searched_digits(value: str) -> str:
    """Return the digits of a phone without which it is not found: the national ones, if enough."""
    base = value.partition(EXTENSION)[0]
    try:
        national = phonenumbers.national_significant_number(phonenumbers.parse(base))
    except NumberParseException:
        national = ""
    return national if len(national) >= MIN_NATIONAL_DIGITS else base.removeprefix("+")


def _digits(base: str) -> str:
    """Return the pattern of a number without extension, with or without its country code."""
    try:
        number = phonenumbers.parse(base)
    except NumberParseException:
        return rf"[+]?{_BETWEEN_DIGITS.join(base.removeprefix('+'))}"
    national = phonenumbers.national_significant_number(number)
    code = rf"(?:[+]|00)? ?[(]?{number.country_code}{_BETWEEN_DIGITS}"
    optional = "?" if len(national) >= MIN_NATIONAL_DIGITS else ""
    return rf"(?:{code}){optional}[(]?(?:0{_BETWEEN_DIGITS})?{_BETWEEN_DIGITS.join(national)}"


def _candidate(value: str) -> str:
    if is_phone(value):
        return _digits(value.partition(EXTENSION)[0])
    words = ["".join(map(_any_case, word)) for word in comparable_name(value).split(" ")]
    return r"(?:\s|\\[nrt])+".join(words)


def _any_case(character: str) -> str:
    """Return the pattern of a letter in both cases, of any character for a mark or a quote."""
    if not character.isalnum():
        return ".{1,2}"  # with the backslash of JSON
    cases = sorted({character, character.upper(), character.title()} - {""}, key=len)
    return f"(?:{'|'.join(cases)})" if len(cases) > 1 else character


def comparing_form(text: str) -> tuple[str, list[int]]:
    """Return a text in comparing form, and the place in the text of each of its characters."""
    form: list[str] = []
    places: list[int] = []
    for start, cluster in _clusters(text):
        shown = " " if cluster.isspace() else comparable_name(cluster)
        form.append(shown)
        places.extend([start] * len(shown))
    return "".join(form), [*places, len(text)]


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    """Yield letters with the accents that follow them, and where each begins."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not unicodedata.combining(text[place]):
            yield start, text[start:place]
            start = place


def replace_values(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the text with each place of the pattern replaced."""
    kept, end = [], 0
    for first, last in places_of(text, pattern):
        kept += [text[end:first], REDACTED]
        end = last
    return "".join([*kept, text[end:]])


def places_of(text: str, pattern: re.Pattern[str] | None) -> Iterator[tuple[int, int]]:
    """Yield where in a text the values of the pattern begin and end."""
    if pattern is None or not text:
        return
    form, places = comparing_form(text)
    for match in pattern.finditer(form):
        first, last = match.span()
        if first != last:
            yield places[first], places[last]


def names_person(text: str, pattern: re.Pattern[str] | None) -> bool:
    """Return whether a text holds one of the pattern's values."""
    return pattern is not None and pattern.search(comparing_form(text)[0]) is not None
