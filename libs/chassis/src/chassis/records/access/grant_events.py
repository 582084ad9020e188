"""Publishes grants, so that other services let the same people see what hangs on a record.

A service publishes its grants if it declares `<service>.grant.changed.v1`; those of others are
known to nobody else. Each change of a grant is one event, in the transaction of the change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Delete, Update
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.records.access.tables import grants
from contracts.event import EVENT_CLASSES, AggregateState, Event


@dataclass(frozen=True, kw_only=True)
class StoredGrant:
    """A grant as it is stored; each change has the next version, its end too."""

    id: UUID
    resource: str
    record_id: UUID
    via: str
    grantee_kind: str
    grantee_id: UUID
    access: str
    until_date: date | None
    created_by: str
    created_at: datetime
    version: int
    deleted: bool = False

    def state(self) -> AggregateState:
        """Return the state that events of the grant's service carry."""
        kind = EVENT_CLASSES[f"{_service(self.resource)}.grant.changed.v1"]
        state = kind.model_fields["grant"].annotation
        assert isinstance(state, type)
        assert issubclass(state, AggregateState)
        return state.of(self, deleted=self.deleted)

    def event(self) -> Event:
        """Return the event of the grant as it is now."""
        fact = "deleted" if self.deleted else "changed"
        kind = EVENT_CLASSES[f"{_service(self.resource)}.grant.{fact}.v1"]
        return kind.model_validate({"grant": self.state()})


async def write_grants(
    tx: AsyncConnection, statement: Insert | Update | Delete
) -> Sequence[StoredGrant]:
    """Insert, change or end grants by a statement of their table, and publish each; return them."""
    result = await tx.execute(statement.returning(*grants.c))
    written = [stored_grant(row) for row in result.mappings()]
    if isinstance(statement, Delete):
        written = [replace(one, version=one.version + 1, deleted=True) for one in written]
    published = [one for one in written if _is_published(one.resource)]
    await publish_all(tx, [(one.event(), one) for one in published])
    return written


def _is_published(resource: str) -> bool:
    return f"{_service(resource)}.grant.changed.v1" in EVENT_CLASSES


def _service(resource: str) -> str:
    return resource.partition(".")[0]


def stored_grant(row: Mapping[Any, Any]) -> StoredGrant:
    """Return a grant from its row."""
    return StoredGrant(**{str(name): row[name] for name in row if name != "tenant_id"})
