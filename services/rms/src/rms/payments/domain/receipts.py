"""Rules for recording a payment: its account, day of receipt and bank reference."""

from datetime import date
from typing import Final
from unicodedata import normalize

from kernel.errors import Invalid, Violation

# Earlier dates of receipt are refused as typing errors.
EARLIEST_RECEIVED: Final = date(2000, 1, 1)


def ensure_valid_receipt(received_date: date, *, today: date, account_known: bool) -> None:
    """Validate a new payment's account and day of receipt.

    Raises Invalid (ACCOUNT_UNKNOWN, DATE_TOO_EARLY, DATE_IN_FUTURE).
    """
    violations = []
    if not account_known:
        violations.append(Violation("/account_id", "ACCOUNT_UNKNOWN"))
    if received_date < EARLIEST_RECEIVED:
        earliest = {"earliest": str(EARLIEST_RECEIVED)}
        violations.append(Violation("/received_date", "DATE_TOO_EARLY", earliest))
    if received_date > today:
        violations.append(Violation("/received_date", "DATE_IN_FUTURE", {"today": str(today)}))
    if violations:
        raise Invalid(violations)


def normalized_bank_reference(bank_reference: str) -> str:
    """The form in which bank references are compared: without case, blanks or full-width forms."""
    return "".join(normalize("NFKC", bank_reference).split()).casefold()
