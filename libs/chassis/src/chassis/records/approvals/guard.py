"""Ends a pending request when its record stops waiting, whatever command saved the record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.approvals.actions import end_request
from contracts.approvals import RequestStatus
from contracts.work import RecordRef

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class ApprovalGuard(Generic[R]):
    """Declares of a type of record when it waits for an approval, and what was asked for.

    `content` returns what the approvers decide on. A change of it while the record waits makes the
    request void: the command that makes it also ends the waiting, or is a fault.
    """

    is_waiting: Callable[[R], bool]
    content: Callable[[R], Any]

    def waits(self, record: R) -> bool:
        """Return whether a record waits; a deleted one does not."""
        return getattr(record, "deleted_at", None) is None and self.is_waiting(record)


async def keep_approval(
    tx: AsyncConnection,
    guard: ApprovalGuard[Any],
    about: RecordRef,
    before: Any,
    saved: Any,
    *,
    by: str | None,
    now: datetime,
) -> None:
    """Make the request void if the record that was just saved does not wait for it any more.

    A command that withdraws a request, or acts on its answer, has ended it before.
    Raises ValueError if the content was changed and the record still waits.
    """
    if not guard.waits(before):
        return
    if not guard.waits(saved):
        await end_request(tx, about, RequestStatus.VOID, by=by, now=now)
    elif guard.content(before) != guard.content(saved):
        raise ValueError(f"{about.resource} was changed while it waits for an approval of it")
