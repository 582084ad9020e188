"""Normalizes phone numbers and email addresses to the one form that every service stores.

Duplicates are found only if all spellings of a number are stored alike.
"""

import re
import unicodedata
from typing import Annotated

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat
from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from kernel.personal import Personal

DEFAULT_REGION = "CN"  # region of numbers without a country code

_DIALLED = re.compile(r"\+?[0-9]{3,20}", re.ASCII)
_MINUS = "\N{MINUS SIGN}"
# Dashes, spaces, and invisible characters that address books put around numbers.
_SILENT = frozenset({"Pd", "Zs", "Cf"})


def normalize_phone(text: str) -> str:
    """Return the E.164 form of a mobile or landline number in any usual spelling.

    Accepts full-width digits, spaces, dashes, brackets, dots, `0086` and a missing country code.
    Raises PydanticCustomError (PHONE_INVALID); extensions are not part of E.164.
    """
    dialled = "".join(map(_dialled, unicodedata.normalize("NFKC", text)))
    if _DIALLED.fullmatch(dialled) is None:
        raise _phone_invalid()
    try:
        number = phonenumbers.parse(dialled, DEFAULT_REGION)
    except NumberParseException:
        raise _phone_invalid() from None
    if not phonenumbers.is_valid_number(number):
        raise _phone_invalid()
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


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


def _text(maximum: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=maximum)


# Fields of request bodies: `phone: Phone | None = None`.
Phone = Annotated[str, _text(50), AfterValidator(normalize_phone), Personal("phone")]
Email = Annotated[str, _text(320), AfterValidator(normalize_email), Personal("email")]
