"""A service client."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.org.events import ClientChanged, ClientCreated


@dataclass(frozen=True, kw_only=True)
class Client:
    """`client_id` is what it calls itself when it asks for a token (RFC 6749).

    `rotated_at`: when it was given its present secret, if that is not its first one.
    """

    id: UUID
    client_id: str
    name: str
    scopes: tuple[str, ...]
    active: bool = True
    rotated_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def created(self) -> ClientCreated:
        """What others are told of a new one; never its secret."""
        return ClientCreated(client_id=self.client_id, name=self.name, scopes=list(self.scopes))

    def changed(self, after: Client, *, now: datetime) -> tuple[Client, ClientChanged]:
        """The client as it stands after an edit, a move, or under a new secret."""
        after = replace(after, updated_at=now)
        told = ClientChanged(
            client_id=after.client_id,
            name=after.name,
            scopes=list(after.scopes),
            active=after.active,
        )
        return after, told
