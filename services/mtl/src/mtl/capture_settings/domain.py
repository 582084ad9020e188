"""How long a tenant keeps the payloads of captures."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class CaptureSettings:
    """The settings of a tenant; `id` is the tenant's, version 0 means that nobody has set any.

    `payload_days` is how many days payloads are kept once it is decided what became of a capture;
    None for ever.
    """

    id: UUID
    payload_days: int | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 0

    def kept_since(self, now: datetime) -> datetime | None:
        """Return the instant before which payloads are emptied; None if they are kept for ever."""
        return None if self.payload_days is None else now - timedelta(days=self.payload_days)
