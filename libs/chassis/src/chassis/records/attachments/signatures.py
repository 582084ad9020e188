"""What desk and the services of records sign for each other, with a key that all of them hold.

A *ticket* is desk's: it describes an uploaded file, and lets its uploader attach it. A *link* is
the record's service's: it lets its holder fetch one file from desk for a few minutes. So desk asks
no service who may see a record, and no service asks desk what a file is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import orjson

from chassis.foundation.key_redaction import ACCESS_KEY_PREFIX
from chassis.records.attachments.model import FileDescription
from chassis.web.signed_cursors import read_cursor, sign_cursor

TICKET_LIFETIME: Final = timedelta(hours=24)
LINK_LIFETIME: Final = timedelta(minutes=5)
_TICKET, _LINK = b"file ticket 1", b"file link 1"


@dataclass(frozen=True, kw_only=True)
class FileTicket:
    """What desk says of a file of a tenant, and who may attach it: its uploader."""

    tenant: UUID
    uploaded_by: str
    file: FileDescription
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class FileLink:
    """Who may fetch a file until when, as the service of the record `attachment_id` says."""

    tenant: UUID
    file_id: UUID
    attachment_id: UUID | None
    fetched_by: str
    expires_at: datetime


def sign_ticket(ticket: FileTicket, key: bytes) -> str:
    """Return the ticket as text that only a holder of the key can make."""
    file = ticket.file
    content = [
        ticket.tenant.hex, ticket.uploaded_by, _seconds(ticket.expires_at),
        file.file_id.hex, file.file_name, file.media_type, file.size,
    ]  # fmt: skip
    return _signed(content, _TICKET, key)


def read_ticket(text: str, key: bytes, *, now: datetime) -> FileTicket | None:
    """Return what a ticket says; None for one that is expired or was not signed with the key."""
    content = _read(text, _TICKET, key)
    if content is None:
        return None
    tenant, uploaded_by, expires, file_id, file_name, media_type, size = content
    ticket = FileTicket(
        tenant=UUID(tenant),
        uploaded_by=uploaded_by,
        expires_at=_instant(expires),
        file=FileDescription(
            file_id=UUID(file_id), file_name=file_name, media_type=media_type, size=size
        ),
    )
    return ticket if now < ticket.expires_at else None


def sign_link(link: FileLink, key: bytes) -> str:
    """Return the link as text for a path; logs leave it out, like an access key."""
    content = [
        link.tenant.hex, link.file_id.hex, link.attachment_id and link.attachment_id.hex,
        link.fetched_by, _seconds(link.expires_at),
    ]  # fmt: skip
    return ACCESS_KEY_PREFIX + _signed(content, _LINK, key)


def read_link(text: str, key: bytes, *, now: datetime) -> FileLink | None:
    """Return what a link says; None for one that is expired or was not signed with the key."""
    content = _read(text.removeprefix(ACCESS_KEY_PREFIX), _LINK, key)
    if content is None:
        return None
    tenant, file_id, attachment_id, fetched_by, expires = content
    link = FileLink(
        tenant=UUID(tenant),
        file_id=UUID(file_id),
        attachment_id=None if attachment_id is None else UUID(attachment_id),
        fetched_by=fetched_by,
        expires_at=_instant(expires),
    )
    return link if now < link.expires_at else None


def _signed(content: Sequence[Any], purpose: bytes, key: bytes) -> str:
    return sign_cursor(orjson.dumps(content), purpose=purpose, key=key)


def _read(text: str, purpose: bytes, key: bytes) -> Any | None:
    content = read_cursor(text, purpose=purpose, key=key) if text.isascii() else None
    return None if content is None else orjson.loads(content)


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
