"""Sends a message in three steps: claim it, hand it over, write down what became of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.sealing import digest
from chassis.foundation.key_redaction import without_access_keys
from chassis.jobs.queue import Again, Done, Job
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from desk.message_bans.actions import ban_address
from desk.message_bans.domain import BanReason
from desk.message_bans.store import reason_of_ban
from desk.messages import store
from desk.messages.actions.giving_up import announce_failure
from desk.messages.actions.transports import Outgoing, transport_of
from desk.messages.domain import Delivery, Message, MessageStatus, Outcome
from desk.messages.store import MESSAGE, find_message
from desk.settings import desk_settings

MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)


async def prepare_message(tx: AsyncConnection, job: Job) -> Outgoing | Done | Again:
    """Claim a message, unless it may not be sent, or not yet."""
    message = await find_message(tx, UUID(job.key), lock=True)
    if message is None or not message.is_waiting:
        return Done()
    command = Command(tx, job.now)
    ended = await _ended_early(tx, message)
    if ended is not None:
        await _save(command, message, ended)
        return Done()
    assert message.recipient is not None, "a message without its recipient has ended early"
    wait = await _wait_for_turn(tx, message, job.now)
    if wait is not None:
        return Again(wait)
    claimed = await _save(command, message, message.claimed())
    return Outgoing(
        id=claimed.id,
        channel=claimed.channel,
        recipient=message.recipient,
        subject=claimed.subject,
        body=claimed.body,
        language=claimed.language,
        written_at=claimed.created_at,
    )


async def _ended_early(tx: AsyncConnection, message: Message) -> Message | None:
    """Return the message as it ends without being sent; None if it is to be sent."""
    if message.is_in_doubt:
        return message.doubted()
    if message.recipient is None:
        return message.failed("RECIPIENT_ERASED")
    banned = await reason_of_ban(tx, message.channel, message.recipient, message.purpose)
    if banned is not None:
        return message.refused(banned)
    if transport_of(message.channel, desk_settings()) is None:
        return message.failed("CHANNEL_OFF")
    return None


async def _wait_for_turn(tx: AsyncConnection, message: Message, now: datetime) -> datetime | None:
    """Return when the limits let the message go; None if they do now.

    A repetition after a crash was counted before.
    """
    if message.status is MessageStatus.SENDING:
        return None
    settings = desk_settings()
    minute = now.replace(second=0, microsecond=0)
    day = minute.replace(hour=0, minute=0)
    address = digest(message.recipient or "", "desk.message.recipient").hex()
    if not await store.take_turn(
        tx, address, began_at=day, limit=settings.messages_per_recipient_day
    ):
        return day + DAY
    limit = settings.messages_per_minute
    if not await store.take_turn(tx, message.channel, began_at=minute, limit=limit):
        await store.give_turn_back(tx, address)
        return minute + MINUTE
    return None


async def perform_message(message: Outgoing) -> Outcome:
    """Hand a message to its transport."""
    transport = transport_of(message.channel, desk_settings())
    if transport is None:
        return Outcome(Delivery.DEFERRED, "CHANNEL_OFF")
    return await transport.send(message)


async def record_message(
    tx: AsyncConnection, job: Job, outgoing: Outgoing, outcome: Outcome
) -> Done | Again:
    """Write down what became of a message; keys of its links are forgotten once it was sent."""
    before = await find_message(tx, outgoing.id, lock=True)
    if before is None or before.status is not MessageStatus.SENDING:
        return Done()
    command = Command(tx, job.now)
    after = before.ended(outcome, now=job.now)
    if after.status is MessageStatus.SENT:
        after = replace(after, body=without_access_keys(after.body))
    saved = await _save(command, before, after)
    if saved.status is MessageStatus.BOUNCED and saved.recipient is not None:
        reason = BanReason.BOUNCED
        await ban_address(command, saved.channel, saved.recipient, reason=reason, note=saved.reason)
    await store.forget_turns(tx, job.now - 2 * DAY)
    return Again(job.now + saved.delay) if saved.status is MessageStatus.QUEUED else Done()


async def _save(command: Command, before: Message, after: Message) -> Message:
    saved = await save_record(command, MESSAGE, before, after)
    if saved.needs_people and not before.needs_people:
        await announce_failure(command, saved)
    return saved
