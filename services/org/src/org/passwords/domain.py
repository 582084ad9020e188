"""One-time links that let somebody set a password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

# As many links of one login, purpose and origin may be open.
MOST_OPEN: Final = 5


class Purpose(StrEnum):
    INVITATION = "INVITATION"
    RESET = "RESET"


class Origin(StrEnum):
    """Who asked. Of ADMIN a new link closes the oldest; ANYBODY who asks for more gets none."""

    ADMIN = "ADMIN"
    ANYBODY = "ANYBODY"


LIFETIMES: Final = {
    Purpose.INVITATION: timedelta(days=7),
    Purpose.RESET: timedelta(hours=1),
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """Of its token only a digest is kept; who has the token may set the login's password, once."""

    digest: str
    login: str
    tenant_id: UUID
    purpose: Purpose
    origin: Origin
    expires_at: datetime
