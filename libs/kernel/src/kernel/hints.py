"""Addresses as lists show them: enough to recognize one, too little to write to it."""

from typing import Final

SHOWN_ENDS: Final = 2


def hint_of(address: str) -> str:
    """Return the ends of a mail address or number: `wa…@example.com`, `+86…00`."""
    name, at, domain = address.partition("@")
    if at:
        return f"{name[:SHOWN_ENDS]}…@{domain}"
    return f"{address[:3]}…{address[-SHOWN_ENDS:]}"
