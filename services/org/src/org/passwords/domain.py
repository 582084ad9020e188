"""One-time links to set a password."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

# How many links of one login, purpose and origin may be open at once.
MAX_OPEN_LINKS: Final = 5


class LinkPurpose(StrEnum):
    """Whether the link sets a first password or replaces a forgotten one."""

    INVITATION = "INVITATION"
    RESET = "RESET"


class LinkOrigin(StrEnum):
    """Who requested the link.

    Beyond the limit a link requested by an ADMIN replaces the oldest one; ANYBODY gets none.
    """

    ADMIN = "ADMIN"
    ANYBODY = "ANYBODY"


LINK_LIFETIMES: Final = {
    LinkPurpose.INVITATION: timedelta(days=7),
    LinkPurpose.RESET: timedelta(hours=1),
}


@dataclass(frozen=True, kw_only=True)
class PasswordLink:
    """A link whose token sets the password of a login once; only the token's digest is stored.

    `issued_by` is the subject of the administrator who may have seen the token; None for a link
    that somebody requested anonymously.
    """

    digest: str
    login: str
    tenant_id: UUID
    purpose: LinkPurpose
    origin: LinkOrigin
    expires_at: datetime
    issued_by: str | None = None
