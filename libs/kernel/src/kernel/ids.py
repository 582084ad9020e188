"""Identifiers: time-ordered UUIDv7 (RFC 9562), so that new rows go to the end of an index."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Create a UUIDv7. Actions call this; domain code receives ids as arguments."""
    return uuid7()
