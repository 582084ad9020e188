"""A service client."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.org.events import ClientCreated


@dataclass(frozen=True, kw_only=True)
class Client:
    """`client_id` is what it calls itself when it asks for a token (RFC 6749)."""

    id: UUID
    client_id: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def created(self) -> ClientCreated:
        """What others are told of a new one; never its secret."""
        return ClientCreated(client_id=self.client_id, name=self.name, scopes=list(self.scopes))
