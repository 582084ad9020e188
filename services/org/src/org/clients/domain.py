"""A service client."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.org.events import ClientChanged, ClientCreated

# Whose rows belong to owners: people see all of them by `<resource>.all` only, clients always do.
# tests/architecture/test_built_in_roles.py holds it against every route.
OWNED: Final = frozenset(
    {
        "mtl.lead",
        "l2o.account",
        "l2o.contact",
        "l2o.opportunity",
        "cpq.quote",
        "rms.order",
        "rms.payment",
        "rms.receivable",
        *(f"{service}.import" for service in ("org", "mtl", "l2o", "cpq")),
    }
)


def shown_by(scopes: Iterable[str]) -> set[str]:
    """These scopes as a client has them: with them it sees every row."""
    granted = set(scopes)
    resources = {scope.rpartition(".")[0] for scope in granted}
    return granted | {f"{resource}.all" for resource in resources & OWNED}


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
