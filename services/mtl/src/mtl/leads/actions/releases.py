"""Takes leads from their owners: the one place through which leads fall back."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis.events.outbox import publish_all
from chassis.records.access.grants_of_records import end_grants
from chassis.records.access.transfers import OwnerChange, add_owner_changes
from chassis.records.work.actions import ASSIGNED, task_raised, tasks_settled
from chassis.records.work.many import WorkChange, change_work
from chassis.web.commands import Command
from contracts.mtl.events import LeadRecycled
from mtl.leads.domain.clocks import LEAD_RECYCLED
from mtl.leads.domain.lead import FOLLOW_UP, Lead
from mtl.leads.domain.recyclings import Recycling, Release, ensure_not_barred, placed
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.clocks import ClockReader
from mtl.leads.store.recyclings import add_recyclings, bars_of, write_owners


async def release_leads(
    command: Command, clocks: ClockReader, releases: Sequence[Release]
) -> list[Lead]:
    """Take leads from their owners, whose rows the caller has locked; all in a few statements.

    Each has its next version, one entry in the history of its owners and one event. Its tasks are
    settled, the former owner is notified, and the next one has the lead to follow up. The status
    stays: what marketing and sales found out about a lead does not depend on who has it.
    """
    if not releases:
        return []
    tx, now = command.tx, command.now
    saved = []
    for one in releases:
        given = replace(placed(one), updated_at=now, version=one.lead.version + 1)
        saved.append(await clocks.kept(one.lead, given, now=now))
    await write_owners(tx, saved)
    pairs = list(zip(releases, saved, strict=True))
    await publish_all(tx, [(_event(one, lead), lead) for one, lead in pairs])
    changes = [
        OwnerChange(one.lead.id, one.lead.owner_id, one.to_owner_id, cause=one.cause)
        for one in releases
    ]
    await add_owner_changes(command, LEADS, changes)
    await add_recyclings(
        tx,
        [_recycling(command, one, change) for one, change in zip(releases, changes, strict=True)],
    )
    await change_work(tx, LEADS.resource, [_work(one) for one in releases])
    pooled = [one.lead.id for one in releases if one.to_pool_id is not None]
    await end_grants(tx, LEADS, pooled)  # otherwise they would see what the pool hides
    return saved


async def ensure_may_take(command: Command, lead_id: UUID, person: str) -> None:
    """Refuse a person who let the lead fall back lately, when they claim it or a rule gives it.

    A manager may give it to them nevertheless. Raises RuleBroken (LEAD_OWNER_BARRED).
    """
    ensure_not_barred(await bars_of(command.tx, lead_id, command.now), person)


def _event(one: Release, saved: Lead) -> LeadRecycled:
    event = LEAD.event(
        LeadRecycled,
        saved,
        former_owner_id=one.lead.owner_id,
        reason=one.reason,
        rule=one.rule_name,
        barred_until=one.barred_until,
    )
    assert isinstance(event, LeadRecycled)
    return event


def _recycling(command: Command, one: Release, change: OwnerChange) -> Recycling:
    assert one.lead.owner_id is not None, "only a lead with an owner falls back"
    return Recycling(
        id=change.id,
        lead_id=one.lead.id,
        at=command.now,
        former_owner_id=one.lead.owner_id,
        reason=one.reason,
        rule_name=one.rule_name,
        rule_version=one.rule_version,
        barred_until=one.barred_until,
    )


def _work(one: Release) -> WorkChange:
    params = {"name": one.lead.display_name, "resource": LEADS.resource}
    changes = [tasks_settled()]
    notices = []
    if one.lead.owner_id is not None:
        notices.append(LEAD_RECYCLED.notice(one.lead.owner_id, params))
    if one.to_owner_id is not None:
        changes.append(task_raised(FOLLOW_UP, assignee=one.to_owner_id, params=params))
        notices.append(ASSIGNED.notice(one.to_owner_id, params))
    return WorkChange(one.lead.id, changes, notices)
