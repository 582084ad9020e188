"""Takes leads from owners who let them lie, reminds them before, and reckons all clocks anew."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.transient import is_transient
from chassis.database.write_cause import set_audit_reason
from chassis.foundation.texts import filled
from chassis.jobs import queue
from chassis.records.access.presence import active_people
from chassis.records.tenant_settings import settings_of
from chassis.records.work.actions import task_raised
from chassis.records.work.many import WorkChange, change_work
from chassis.web.commands import Command
from contracts.work import TaskKind
from kernel.errors import DomainError, Invalid, Violation
from mtl.leads.actions.clocks import postpone_clock, save_clocks
from mtl.leads.actions.holdings import rooms_of
from mtl.leads.actions.releases import release_leads
from mtl.leads.domain.clocks import ACCEPT_LEAD, KEEP_LEAD
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.recyclings import Release
from mtl.leads.domain.retention import ReleaseTarget, TargetKind
from mtl.leads.store import LEADS
from mtl.leads.store.clocks import ClockReader, ReadClock, clock_reader
from mtl.leads.store.recyclings import (
    ids_of_due_leads,
    leads_in_order,
    next_open_leads,
)
from mtl.pools.store import is_active_pool
from mtl.recyclings.store import department_head_of
from mtl.texts import TEXTS
from parties.ownership_clock import FallBack, barred_until
from rules.versions import RuleVersion

log = structlog.get_logger()

RECYCLING_JOB: Final = "lead_recycling"
RECKONING_JOB: Final = "lead_clocks"
ACTOR: Final = "system:lead_recycling"
RECYCLED_AT_ONCE: Final = 200
RECKONED_AT_ONCE: Final = 500
TRIED_AGAIN_AFTER: Final = timedelta(hours=1)
# What may be wrong with one lead, such as a value that cannot be read: the others go on.
BROKEN: Final = (DomainError, DBAPIError, ValueError, LookupError)


async def start_reckoning(tx: AsyncConnection, version: RuleVersion, now: datetime) -> None:
    """Queue the reckoning of all clocks by rules that were published.

    Raises Invalid (OWNER_UNKNOWN, POOL_UNKNOWN) for a row that gives leads to somebody who is not
    active, or into such a pool.
    """
    targets = {
        position: row["outcome"]["target"]["subject"]
        for position, row in enumerate(version.content["rows"])
        if (row["outcome"].get("target") or {}).get("kind") == TargetKind.PERSON
    }
    active = await active_people(tx, set(targets.values()))
    unknown = [
        Violation(f"/rules/rows/{position}/outcome/target/subject", "OWNER_UNKNOWN")
        for position, subject in targets.items()
        if subject not in active
    ]
    for position, row in enumerate(version.content["rows"]):
        pool_id = (row["outcome"].get("target") or {}).get("pool_id")
        if pool_id is not None and not await is_active_pool(tx, UUID(pool_id)):
            pointer = f"/rules/rows/{position}/outcome/target/pool_id"
            unknown.append(Violation(pointer, "POOL_UNKNOWN"))
    if unknown:
        raise Invalid(unknown)
    await queue.enqueue(
        tx, RECKONING_JOB, "all", run_at=now, payload={"after": None}, actor=ACTOR, replace=True
    )


async def reckon_chunk(command: Command, after: UUID | None) -> UUID | None:
    """Reckon the clocks of the next open leads by id; return the last one, None at the end.

    At the end the job that looks for due leads is queued, if none waits.
    """
    tx, clocks = command.tx, await clock_reader(command.tx)
    found = await next_open_leads(tx, after, limit=RECKONED_AT_ONCE)
    kept = [(lead, await clocks.kept(lead, lead, now=command.now)) for lead in found]
    await save_clocks(tx, [becomes for lead, becomes in kept if becomes != lead])
    if len(found) == RECKONED_AT_ONCE:
        return found[-1].id
    await queue.enqueue(tx, RECYCLING_JOB, "due", run_at=command.now, actor=ACTOR)
    return None


@dataclass(frozen=True)
class Chunk:
    """What a chunk of due leads came to: whether there may be more, and whether there are rules."""

    is_full: bool
    has_rules: bool


async def recycle_chunk(command: Command) -> Chunk:
    """Take due leads from their owners, and remind the owners of others.

    A lead that cannot be handled does not stop the others: it is logged, and tried again an hour
    later. Two workers never have the same lead, because each locks its leads.
    """
    tx, clocks = command.tx, await clock_reader(command.tx)
    ids = await ids_of_due_leads(tx, command.now, limit=RECYCLED_AT_ONCE)
    if ids and not await _handled(command, clocks, ids):
        for lead_id in ids:
            if not await _handled(command, clocks, [lead_id]):
                await postpone_clock(tx, lead_id, until=command.now + TRIED_AGAIN_AFTER)
    return Chunk(len(ids) == RECYCLED_AT_ONCE, clocks.has_rules)


async def _handled(command: Command, clocks: ClockReader, ids: Sequence[UUID]) -> bool:
    """Handle due leads, or undo it and return False if one of them is broken."""
    try:
        async with command.tx.begin_nested():
            await _handle(command, clocks, await leads_in_order(command.tx, ids))
    except BROKEN as error:
        if is_transient(error):
            raise
        if len(ids) == 1:
            await log.aerror("lead_recycling_failed", lead_id=str(ids[0]), exc_info=error)
        return False
    return True


async def _handle(command: Command, clocks: ClockReader, due: Sequence[Lead]) -> None:
    """Take these leads from their owners or remind them, by the rules and hours of now.

    What was due may be due no more: meanwhile the owner is on leave, or the rules are others.
    """
    tx, now = command.tx, command.now
    words = Words(*await _language_and_zone(tx))
    targets = Targets(tx)
    releases, kept, work = [], [], []
    for lead in due:
        read = await clocks.read(lead)
        falls = read.clock.fall_back
        if falls is not None and falls.at <= now:
            releases.append(await _release(lead, falls, read, clocks, targets, now))
            continue
        kept.append(
            replace(
                lead,
                falls_back_at=read.clock.falls_back_at,
                clock_due_at=read.clock.later(now=now),
            )
        )
        work += _reminders(lead, read, words, now)
    if releases:
        await set_audit_reason(tx, words.recycled)
        await release_leads(command, clocks, await _within_quotas(tx, releases))
        await set_audit_reason(tx, command.reason)
    await save_clocks(tx, kept)
    await change_work(tx, LEADS.resource, work)


async def _within_quotas(tx: AsyncConnection, releases: Sequence[Release]) -> list[Release]:
    """Return the releases, without the next owners who hold as many leads as they may.

    Such a lead stands in the queue of those that nobody has.
    """
    wanted = {one.to_owner_id for one in releases if one.to_owner_id is not None}
    rooms = dict(await rooms_of(tx, wanted)) if wanted else {}
    placed = []
    for one in releases:
        room = rooms.get(one.to_owner_id or "")
        if room is not None:
            rooms[one.to_owner_id or ""] = max(room - 1, 0)
        placed.append(replace(one, to_owner_id=None) if room == 0 else one)
    return placed


@dataclass(frozen=True)
class Words:
    """Texts that are stored, in the language of the tenant, with times of its zone."""

    language: str
    zone: ZoneInfo

    @property
    def recycled(self) -> str:
        """Why the audit says that leads changed."""
        return filled(TEXTS["LEAD_FELL_BACK"], {}, self.language)

    def time(self, at: datetime) -> str:
        """Return an instant as the clocks of the tenant show it."""
        return f"{at.astimezone(self.zone):%Y-%m-%d %H:%M}"


async def _language_and_zone(tx: AsyncConnection) -> tuple[str, ZoneInfo]:
    settings = await settings_of(tx)
    return settings.languages[0], ZoneInfo(settings.timezone)


@dataclass(frozen=True)
class Targets:
    """Finds who gets leads that fall back, each person once."""

    tx: AsyncConnection
    _heads: dict[str, str | None] = field(default_factory=dict)
    _active: dict[str, bool] = field(default_factory=dict)
    _pools: dict[UUID, bool] = field(default_factory=dict)

    async def of(self, target: ReleaseTarget, owner_id: str) -> str | None:
        """Return who gets a lead of this owner; nobody if that person left or is the owner."""
        if target.kind is TargetKind.DEPARTMENT_HEAD:
            if owner_id not in self._heads:
                self._heads[owner_id] = await department_head_of(self.tx, owner_id)
            return self._heads[owner_id]
        if target.subject is None or target.subject == owner_id:
            return None
        if target.subject not in self._active:
            found = await active_people(self.tx, [target.subject])
            self._active[target.subject] = target.subject in found
        return target.subject if self._active[target.subject] else None

    async def pool_of(self, target: ReleaseTarget, lead: Lead) -> UUID | None:
        """Return the pool into which a lead goes; none if that was closed meanwhile."""
        pool_id = target.pool_id or lead.pool_id
        if target.kind is not TargetKind.POOL or pool_id is None:
            return None
        if pool_id not in self._pools:
            self._pools[pool_id] = await is_active_pool(self.tx, pool_id)
        return pool_id if self._pools[pool_id] else None


async def _release(
    lead: Lead,
    falls: FallBack,
    read: ReadClock,
    clocks: ClockReader,
    targets: Targets,
    now: datetime,
) -> Release:
    assert read.row is not None
    assert read.retention is not None
    assert lead.owner_id is not None
    name = read.row.name or read.row.id
    calendar = await clocks.clock_of(lead.owner_id, read.retention)
    return Release(
        lead=lead,
        to_owner_id=await targets.of(read.retention.target, lead.owner_id),
        to_pool_id=await targets.pool_of(read.retention.target, lead),
        reason=falls.reason,
        rule_name=name,
        rule_version=clocks.number,
        barred_until=barred_until(read.retention.rule, now, calendar),
    )


def _reminders(lead: Lead, read: ReadClock, words: Words, now: datetime) -> list[WorkChange]:
    """Return the tasks of the owner whose reminders are due, not of those that were sent before."""
    due_at, owner_id = lead.clock_due_at, lead.owner_id
    if due_at is None or owner_id is None:
        return []
    tasks: list[tuple[TaskKind, datetime]] = []
    falls, accept_at = read.clock.fall_back, read.clock.accept_reminder_at
    if falls is not None and any(due_at <= one <= now for one in falls.reminders):
        tasks.append((KEEP_LEAD, falls.at))
    if accept_at is not None and lead.accept_by is not None and due_at <= accept_at <= now:
        tasks.append((ACCEPT_LEAD, lead.accept_by))
    raised = [
        task_raised(
            kind,
            assignee=owner_id,
            params={"name": lead.display_name, "until": words.time(until)},
            due_date=until.astimezone(words.zone).date(),
        )
        for kind, until in tasks
    ]
    return [WorkChange(lead.id, raised)] if raised else []
