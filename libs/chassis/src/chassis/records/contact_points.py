"""Normalizes phone numbers and email addresses to the one form that every service stores.

Duplicates are found only if all spellings of a number are stored alike. A number without a country
code is read as one of the record's country, else of the tenant's; where neither is known, only the
international form is accepted. An extension stays with its number, as RFC 3966 writes it:
`+861062345678;ext=8001`.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat
from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from chassis.foundation.context import current_or_none
from kernel.errors import Invalid, Violation
from kernel.personal import Personal
from kernel.texts import TrimmedText

MAX_SPELLING = 50  # characters; longer texts would take the patterns below very long
EXTENSION = ";ext="  # between a number and its extension
PHONE_REGION_UNKNOWN = "PHONE_REGION_UNKNOWN"

# Shorter ones have no prefix of a country or trunk; four digits are the end of some number.
MIN_NATIONAL_DIGITS, MAX_DIGITS = 7, 15
_DIGITS = re.compile(r"\+?[0-9]{4,20}", re.ASCII)
_TRUNK_8 = re.compile(r"8[0-9]{10}", re.ASCII)
_DIALLED = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_MINUS = "\N{MINUS SIGN}"
# Dashes, spaces, and invisible characters that address books put around numbers.
_SILENT = frozenset({"Pd", "Zs", "Cf"})
# A word before an extension: ;ext=8001, ext. 5, x12, #3, 转8001, 分机 12.
_SPELLED_EXTENSION = re.compile(
    r"(.*?\d\D*?)\s*(?:;ext=|[,;]?\s*(?:extension|extn?|x|#|转接?|轉接?|分机号?|分機號?)[.:]?)\s*"
    r"(\d{1,8})",
    re.IGNORECASE,
)
_DASHED_EXTENSION = re.compile(r"(.*\d.*)-(\d{1,8})")  # 010-62345678-8001


def normalize_phone(text: str, region: str | None = None) -> str:
    """Return the E.164 form of a mobile or landline number in any usual spelling.

    Accepts up to MAX_SPELLING characters: full-width digits, spaces, dashes, brackets, dots, `00`
    for `+`, and for the numbers of `region` (ISO 3166-1) a missing country code. An extension
    follows as `;ext=8001`. Raises PydanticCustomError: PHONE_INVALID, or PHONE_REGION_UNKNOWN for a
    number without a country code where no region is given.
    """
    if len(text) > MAX_SPELLING:
        raise PydanticCustomError("PHONE_INVALID", "Not a phone number")
    folded = _folded(text)
    spelled = _SPELLED_EXTENSION.fullmatch(folded)
    if spelled is not None:
        return f"{_e164(spelled[1], region)}{EXTENSION}{spelled[2]}"
    dashed = _DASHED_EXTENSION.fullmatch(folded)
    if dashed is None:
        return _e164(folded, region)
    try:
        return _e164(folded, region)
    except PydanticCustomError as refused:
        try:
            return f"{_e164(dashed[1], region)}{EXTENSION}{dashed[2]}"
        except PydanticCustomError:
            raise refused from None


def phone_tail(phone: str) -> str:
    """Return the last four digits of a stored number, without its extension."""
    return phone.partition(EXTENSION)[0][-4:]


def phone_ends(text: str, country: str | None) -> tuple[str, ...]:
    """Return the stored numbers, or ends of them, that a spelling can mean; empty for none.

    A number with a country code means itself. One without it means the number that it is in this
    country, and every number, with any extension, that ends with its digits: it may be one of
    another country.
    """
    found: list[str] = []
    with suppress(PydanticCustomError):
        found.append(normalize_phone(text, country))
    for dialled, extension in _parts(text):
        if not _DIGITS.fullmatch(dialled) or (found and dialled.startswith("+")):
            continue
        national = _national_digits(dialled)
        # One more before an extension, since 138-0013-8000 has none.
        enough = MIN_NATIONAL_DIGITS + 1 if extension else MIN_NATIONAL_DIGITS
        if len(national) >= enough:
            found.append(national)
        elif not extension:
            found.append(dialled)
    ends = dict.fromkeys(found)
    return tuple(one for one in ends if not any(one != end and one.endswith(end) for end in ends))


def phones_anywhere(text: str, country: str | None) -> set[str]:
    """Return the numbers that a spelling can mean: without a country code one of each country.

    Fewer digits than MIN_NATIONAL_DIGITS can only mean a number of this country. Raises
    PydanticCustomError as `normalize_phone` does.
    """
    numbers = {f"+{digits}{end}" for base, end in _parts(text) for digits in _everywhere(base)}
    try:
        return {normalize_phone(text, country), *numbers}
    except PydanticCustomError:
        if not numbers:
            raise
    return numbers


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield the dialled digits before an extension, and the extension as it is stored, if any."""
    if len(text) > MAX_SPELLING:
        return
    folded = _folded(text)
    spelled = _SPELLED_EXTENSION.fullmatch(folded)
    dashed = _DASHED_EXTENSION.fullmatch(folded) if spelled is None else spelled
    if spelled is None:
        yield "".join(map(_dialled, folded)), ""
    if dashed is not None:
        yield "".join(map(_dialled, dashed[1])), f"{EXTENSION}{dashed[2]}"


def _everywhere(dialled: str) -> Iterator[str]:
    """Yield the digits of E.164 that others can mean which have no country code."""
    national = _national_digits(dialled)
    if not dialled.isdigit() or len(national) < MIN_NATIONAL_DIGITS:
        return
    yield dialled.lstrip("0")  # the country code is there, after 00 or without +
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        for digits in {dialled, national}:  # the numbers of some countries begin with 0
            if len(number := f"{code}{digits}") <= MAX_DIGITS:
                yield number


def _national_digits(dialled: str) -> str:
    """Return the digits without the prefix that only callers inside a country dial.

    It is 0 in most countries, and 8 before ten digits in others (ITU-T E.164, trunk prefix).
    """
    digits = dialled.lstrip("0")
    return digits[1:] if _TRUNK_8.fullmatch(digits) else digits


def phone_prefix(text: str, region: str | None = None) -> str:
    """Return the beginning that all stored numbers have which begin with these digits."""
    dialled = "".join(map(_dialled, _folded(text)))
    if dialled.startswith("+"):
        return dialled
    if dialled.startswith("00"):
        return f"+{dialled[2:]}"
    code = 0 if region is None else phonenumbers.country_code_for_region(region)
    return f"+{code}{dialled.removeprefix('0')}" if code else dialled


def _folded(text: str) -> str:
    """Return the text in NFKC with ASCII digits and dashes, without invisible characters."""
    plain = "".join(map(_plain, unicodedata.normalize("NFKC", text)))
    return re.sub(" +", " ", plain).strip(" ")


def _plain(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    if category == "Zs":
        return " "
    if category == "Pd" or character == _MINUS:
        return "-"
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _e164(text: str, region: str | None) -> str:
    dialled = "".join(map(_dialled, text))
    if _DIALLED.fullmatch(dialled) is None:
        raise _phone_invalid()
    if region is None and not dialled.startswith(("+", "00")):
        raise PydanticCustomError(PHONE_REGION_UNKNOWN, "The country code is missing")
    number = next(_readings(dialled, region), None)
    if number is None:
        raise _phone_invalid()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _readings(dialled: str, region: str | None) -> Iterator[PhoneNumber]:
    """Yield the valid numbers that the digits can mean, the likeliest first."""
    spellings = [(dialled, region)]
    if dialled.startswith("00"):  # ITU-T E.123; some countries dial another prefix
        spellings.append((f"+{dialled[2:]}", None))
    for spelling, country in spellings:
        try:
            number = phonenumbers.parse(spelling, country)
        except NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            yield number


def _dialled(character: str) -> str:
    if character in "()." or character == _MINUS or unicodedata.category(character) in _SILENT:
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _phone_invalid() -> PydanticCustomError:
    return PydanticCustomError("PHONE_INVALID", "Not a phone number")


def normalize_email(text: str) -> str:
    """Return the address in lower case and NFC. Raises PydanticCustomError (EMAIL_INVALID)."""
    try:
        address = validate_email(unicodedata.normalize("NFKC", text), check_deliverability=False)
    except EmailNotValidError:
        raise PydanticCustomError("EMAIL_INVALID", "Not a mail address") from None
    return address.normalized.lower()


def _text(maximum: int) -> TrimmedText:
    return TrimmedText(min_length=1, max_length=maximum)


def tenant_country() -> str | None:
    """Return the country of the tenant for whom this task works, None where it is unknown."""
    context = current_or_none()
    return None if context is None else context.country


def _phone_of_record(text: str, info: ValidationInfo) -> str:
    """Normalize a number by the country of its record, which a field before it may give."""
    country = (info.data or {}).get("country") or tenant_country()
    return normalize_phone(text, country)


def _located_later(text: str) -> str:
    """Normalize a number with a country code; leave one without it as it is written."""
    try:
        return normalize_phone(text)
    except PydanticCustomError as refused:
        # What follows 00 may be a country code, or the rest of another country's prefix (0011).
        is_national = refused.type == PHONE_REGION_UNKNOWN or _folded(text).startswith("00")
        if not is_national:
            raise
    return text


def located_phone(phone: str | None, country: str | None) -> str | None:
    """Normalize a number of `PhoneOfParent` by the country of its record, else of the tenant.

    One that begins with `+` is normal already. Raises Invalid (PHONE_INVALID,
    PHONE_REGION_UNKNOWN) at `/phone`.
    """
    if phone is None or phone.startswith("+"):
        return phone
    try:
        return normalize_phone(phone, country or tenant_country())
    except PydanticCustomError as refused:
        raise Invalid([Violation("/phone", refused.type)]) from None


# Fields of request bodies: `phone: Phone | None = None`. A field `country` of the same body decides
# about numbers without a country code, if it is declared before.
Phone = Annotated[str, _text(50), AfterValidator(_phone_of_record), Personal("phone")]
# The country is that of another record: the command that stores the number calls `located_phone`.
PhoneOfParent = Annotated[str, _text(50), AfterValidator(_located_later), Personal("phone")]
# For a body of one tenant's caller about another tenant: no country can be taken for granted.
InternationalPhone = Annotated[
    str, _text(50), AfterValidator(lambda text: normalize_phone(text)), Personal("phone")
]
Email = Annotated[str, _text(320), AfterValidator(normalize_email), Personal("email")]
