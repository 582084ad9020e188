"""Gives owners the task of a review, and settles it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.work.actions import has_open_task, raise_task, settle_tasks
from contracts.work import RecordRef
from l2o.reviews.domain import REVIEW_ACCOUNT


def _about(account_id: UUID) -> RecordRef:
    return RecordRef(resource="l2o.account", record_id=account_id)


async def settle_review(tx: AsyncConnection, account_id: UUID) -> None:
    """Settle the task of a review, if it is open."""
    await settle_tasks(tx, _about(account_id), kinds=[REVIEW_ACCOUNT])


async def ask_for_review(
    tx: AsyncConnection, account_id: UUID, *, name: str, owner_id: str
) -> None:
    """Give the owner of an account the task of its review, unless it is open already."""
    if not await has_open_task(tx, REVIEW_ACCOUNT, _about(account_id)):
        await _give(tx, account_id, name=name, owner_id=owner_id)


async def hand_over_review(
    tx: AsyncConnection, account_id: UUID, *, name: str, owner_id: str
) -> None:
    """Give the task of a review, if it is open, to the new owner of the account."""
    if await has_open_task(tx, REVIEW_ACCOUNT, _about(account_id)):
        await _give(tx, account_id, name=name, owner_id=owner_id)


async def _give(tx: AsyncConnection, account_id: UUID, *, name: str, owner_id: str) -> None:
    params = {"name": name}
    await raise_task(tx, REVIEW_ACCOUNT, _about(account_id), assignee=owner_id, params=params)
