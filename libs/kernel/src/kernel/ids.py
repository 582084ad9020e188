"""Identifiers: time-ordered UUIDv7 (RFC 9562), so that new rows land at the end of an index."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A new UUIDv7. Called by actions; the domain receives ids as arguments."""
    return uuid7()
