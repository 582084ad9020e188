"""The context in which a command runs: transaction, time, caller and precondition."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.web.auth import Caller, Principal
from chassis.web.preconditions import UNCONDITIONAL, IfMatch, OptionalMatch, Precondition
from chassis.web.transaction import Tx
from kernel.records import ExternalRef


@dataclass(frozen=True)
class Command:
    """What every command needs: its transaction, its time, and on whose behalf it runs.

    `caller` is the authenticated caller of a request; None for event handlers, timers and jobs,
    which see every record. `actor` is the subject of the person or client who caused the command,
    also where no request carries it. `expected` guards the one record that the command names;
    `reason` says why, for commands that record it. One that does not announce notifies no new
    owners: an import tells each of them once, at its end. `along` names the resources whose open
    records go along with a transferred one. `named` are the external ids of the record that the
    command creates; `confirmed` that its caller has been warned, and goes on.
    """

    tx: AsyncConnection
    now: datetime
    caller: Principal | None = None
    actor: str | None = None
    expected: Precondition = UNCONDITIONAL
    reason: str | None = None
    announces: bool = True
    along: frozenset[str] = frozenset()
    named: tuple[ExternalRef, ...] = ()
    confirmed: bool = False

    @property
    def unconditional(self) -> "Command":
        """The same context without the precondition, for further records that the command writes.

        The precondition holds the version of the named record only.
        """
        return replace(self, expected=UNCONDITIONAL)


async def _create(tx: Tx, now: Now, caller: Caller) -> Command:
    return Command(tx, now, caller, caller.subject)


async def _change(tx: Tx, now: Now, caller: Caller, expected: IfMatch) -> Command:
    return Command(tx, now, caller, caller.subject, expected)


async def _put(tx: Tx, now: Now, caller: Caller, expected: OptionalMatch) -> Command:
    return Command(tx, now, caller, caller.subject, expected)


async def _add(tx: Tx, now: Now, caller: Caller, expected: IfMatch) -> Command:
    return Command(tx, now, caller, caller.subject, expected.if_given)


# The context of a request that adds a part to a record, such as a shipment: it may send If-Match
# with the record's ETag, and its Idempotency-Key keeps a repeat from adding another one.
AddCommand = Annotated[Command, Depends(_add)]
# The context of a request that creates or replaces a record: it may send If-Match or If-None-Match.
PutCommand = Annotated[Command, Depends(_put)]
# The context of a request that creates a record, and of one that changes a record (If-Match).
CreateCommand = Annotated[Command, Depends(_create)]
ChangeCommand = Annotated[Command, Depends(_change)]
