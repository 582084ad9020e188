"""A service client."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.org.events import ClientChanged, ClientCreated, ClientState

# Resources whose rows have owners: people need `<resource>.all` to see all rows, clients see all.
# tests/architecture/test_built_in_roles.py compares this list with the routes.
OWNED_RESOURCES: Final = frozenset(
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


def effective_client_scopes(scopes: Iterable[str]) -> set[str]:
    """Return the scopes with the `.all` scopes they imply for a client, which sees every row."""
    granted = set(scopes)
    resources = {scope.rpartition(".")[0] for scope in granted}
    return granted | {f"{resource}.all" for resource in resources & OWNED_RESOURCES}


@dataclass(frozen=True, kw_only=True)
class Client:
    """A service client; `client_id` is its identifier at the token endpoint (RFC 6749).

    `rotated_at` is when its current secret was issued, None while it has its first secret.
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
        """Return the event of a new client; it does not hold the secret."""
        return ClientCreated(
            client_id=self.client_id,
            name=self.name,
            scopes=list(self.scopes),
            client=self.state(),
        )

    def changed(self) -> ClientChanged:
        """Return the event of a client that was edited."""
        return ClientChanged(
            client_id=self.client_id,
            name=self.name,
            scopes=list(self.scopes),
            active=self.active,
            client=self.state(),
        )

    def state(self) -> ClientState:
        """Return the whole state as events carry it, without the secret."""
        return ClientState.of(self)


def new_client(
    client_key: UUID, *, client_id: str | None, name: str, scopes: tuple[str, ...], now: datetime
) -> Client:
    """Return a new client; its key serves as its client id if it has no other one."""
    return Client(
        id=client_key,
        client_id=client_id or str(client_key),
        name=name,
        scopes=scopes,
        created_at=now,
        updated_at=now,
    )
