"""What goes along with a record to its new owner, such as the open opportunities of an account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from chassis.records.tenant_settings import settings_of
from chassis.web.commands import Command
from kernel.errors import DomainError


@dataclass(frozen=True)
class TransferredRecord:
    """A record's owner after a transfer, and what went along.

    `from_owner_id` is the owner before; None if the record had none or stayed with its owner.
    """

    id: UUID
    owner_id: str
    version: int
    from_owner_id: str | None = None
    along: Sequence[WentAlong] = ()


@dataclass(frozen=True)
class WentAlong:
    """What became of the records of one resource, by their ids."""

    resource: str
    outcomes: Mapping[UUID, TransferredRecord | DomainError]


class AlongAction(Protocol):
    """A service's command that transfers what goes along with a record just transferred.

    `command.along` names the resources. What another service holds follows by its event.
    """

    async def __call__(
        self, command: Command, transferred: TransferredRecord, /
    ) -> Sequence[WentAlong]: ...


_DECLARED: dict[str, AlongAction] = {}


def declare_along(resource: str, action: AlongAction) -> None:
    """Declare how a service transfers its records that go along with those of a resource.

    A service calls it where it is composed: the feature of what goes along stands on the feature of
    the resource, not the other way round.
    """
    _DECLARED[resource] = action


@dataclass(frozen=True)
class Along:
    """The resources whose open records may go along with those of `resource`."""

    resource: str
    resources: tuple[str, ...]

    async def transfer(
        self, command: Command, transferred: TransferredRecord
    ) -> Sequence[WentAlong]:
        """Transfer what goes along with a record; what other services hold follows by its event."""
        action = _DECLARED.get(self.resource)
        return () if action is None else await action(command, transferred)

    async def chosen(self, command: Command, requested: Iterable[str] | None) -> frozenset[str]:
        """Return what goes along: what the request names, or else what the tenant has set."""
        named = requested
        if named is None:
            named = (await settings_of(command.tx)).transferred_along
        return frozenset(named) & frozenset(self.resources)
