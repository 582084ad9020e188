"""How a tenant lets people approve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kernel.errors import Invalid, Violation

DEFAULT_DAYS: Final = 7
MOST_DAYS: Final = 30


@dataclass(frozen=True, kw_only=True)
class ApprovalSettings:
    """The settings of a tenant; `id` is the tenant's, version 0 means that nobody has set any.

    With `mail_links` whoever is asked also gets a link by mail, by which they decide without
    signing in; it is valid for `link_days`.
    """

    id: UUID
    mail_links: bool = False
    link_days: int = DEFAULT_DAYS
    created_at: datetime
    updated_at: datetime
    version: int = 0

    def ensure_reachable(self, page: str) -> None:
        """Ensure that links lead somewhere. Raises Invalid (APPROVAL_PAGE_UNKNOWN)."""
        if self.mail_links and not page:
            raise Invalid([Violation("/mail_links", "APPROVAL_PAGE_UNKNOWN")])
