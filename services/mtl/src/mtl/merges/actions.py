"""The commands that merge leads, and undo a merge."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from chassis.foundation.canonical_json import digest_of
from chassis.records.access.grants_of_records import move_grants, return_grants
from chassis.records.access.guards import check_access
from chassis.records.access.visibility import Access
from chassis.records.external_ids.actions import move_external_ids, return_external_ids
from chassis.records.record_commands import AlreadyMade, ensure_same
from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.work import NoticeKind, RecordRef
from kernel.errors import Conflict, NotFound, RuleBroken
from kernel.ids import new_id
from mtl.followups.actions import move_follow_ups
from mtl.leads.actions.merging import (
    move_history,
    return_history,
    save_merged_leads,
    save_separated_leads,
)
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.merged import LeadIsMerged
from mtl.leads.store import LEADS
from mtl.leads.store.survivors import lock_leads
from mtl.merges import store
from mtl.merges.domain.choices import choose, merged_lead
from mtl.merges.domain.merge import (
    Changes,
    LeadMerge,
    Moved,
    ensure_mergeable,
    ensure_versions,
)
from mtl.touches.actions import move_touches, return_touches

MERGED_AWAY: Final = NoticeKind(
    "LEAD_MERGED_AWAY",
    zh="您负责的线索 {name} 已合并到另一条线索。",
    en="Your lead {name} has been merged into another lead.",
)


async def merge_leads(
    command: Command,
    survivor_id: UUID,
    versions: Mapping[UUID, int],
    pinned: Mapping[str, UUID],
) -> UUID:
    """Merge leads, each in this version, into a survivor; return the id of the merge.

    The same merge again returns the first one. Raises NotFound, Forbidden, RuleBroken
    (LEAD_CONVERTED, SURVIVOR_INVALID), Conflict (LEAD_MERGED, MERGED_LEAD_CHANGED,
    MOVE_MADE_OTHERWISE), Invalid for wrong pins, and what a precondition raises.
    """
    tx, now = command.tx, command.now
    await check_merge_access(command, versions)
    request = digest_of({"leads": sorted(map(str, versions)), "pinned": dict(pinned)})
    found = await lock_leads(tx, {survivor_id, *versions})
    made = await store.merge_into(tx, survivor_id, versions) if _is_any_merged(found) else None
    if made is not None:
        await ensure_same(command, found[survivor_id], AlreadyMade(same=made.request == request))
        return made.id
    survivor, *others = present_leads(found, [survivor_id, *versions])
    command.expected.check(survivor)
    ensure_mergeable(survivor, others)
    ensure_versions(others, versions)
    merged, merge_id = merged_lead(survivor, choose(survivor, others, pinned)), new_id()
    await save_merged_leads(command, survivor, merged, others, merge_id)
    merge = LeadMerge(
        id=merge_id,
        survivor_id=survivor_id,
        merged_at=now,
        merged_by=command.actor,
        request=request,
        changes=Changes.between(survivor, merged),
        moved={lead.id: await _move_parts(command, lead.id, survivor_id) for lead in others},
    )
    await store.add_merge(tx, merge)
    await _notify_owners(command, survivor, others)
    return merge_id


async def check_merge_access(command: Command, lead_ids: Iterable[UUID]) -> None:
    """Check that the caller may change each of the leads. Raises NotFound, Forbidden."""
    if command.caller is None:
        return
    for lead_id in lead_ids:
        await check_access(command.tx, command.caller, LEADS, lead_id, Access.WRITE, command.now)


def present_leads(found: Mapping[UUID, Lead], ids: Sequence[UUID]) -> list[Lead]:
    """Return the leads with these ids in their order. Raises NotFound, LeadIsMerged."""
    for lead_id in ids:
        lead = found.get(lead_id)
        if lead is not None and lead.merged_into_id is not None:
            raise LeadIsMerged(lead_id, lead.merged_into_id)
        if lead is None or lead.deleted_at is not None:
            raise NotFound("lead", lead_id)
    return [found[lead_id] for lead_id in ids]


def _is_any_merged(found: Mapping[UUID, Lead]) -> bool:
    return any(lead.merged_into_id is not None for lead in found.values())


async def _move_parts(command: Command, lead_id: UUID, to: UUID) -> Moved:
    """Move what belongs to a lead to its survivor; both are saved already."""
    tx, resource = command.tx, LEADS.resource
    return Moved(
        touches=await move_touches(tx, lead_id, to),
        follow_ups=await move_follow_ups(command, lead_id, to),
        history=await move_history(tx, lead_id, to),
        grants=await move_grants(tx, resource, lead_id, to),
        external_ids=await move_external_ids(tx, resource, lead_id, to),
    )


async def _return_parts(command: Command, moved: Moved, survivor_id: UUID, to: UUID) -> None:
    tx, resource = command.tx, LEADS.resource
    await return_touches(tx, moved.touches, to)
    await move_follow_ups(command, survivor_id, to, set(moved.follow_ups))
    await return_history(tx, moved.history, to)
    await return_grants(tx, survivor_id, moved.grants, to)
    await return_external_ids(tx, resource, survivor_id, moved.external_ids, to)


async def _notify_owners(command: Command, survivor: Lead, others: Sequence[Lead]) -> None:
    """Notify the owners of merged leads that somebody else has them now."""
    for lead in others:
        if lead.owner_id in (None, command.actor, survivor.owner_id):
            continue
        about = RecordRef(resource=LEADS.resource, record_id=lead.id)
        params = {"name": lead.display_name}
        await notify(command.tx, MERGED_AWAY, about, recipient=lead.owner_id, params=params)


async def undo_merge(command: Command, merge_id: UUID) -> None:
    """Undo a merge: each lead gets back what was its own, the survivor its fields.

    Fields that were edited since stay, and so does what came after the merge. One that is undone
    already stays so. Raises NotFound, RuleBroken (LEAD_CONVERTED, LEAD_DELETED), Conflict
    (MERGE_FOLLOWED with the later merge, LEAD_DUPLICATE), and what a precondition raises.
    """
    tx = command.tx
    unlocked = await store.get_merge(tx, merge_id)
    found = await lock_leads(tx, {unlocked.survivor_id, *unlocked.moved})
    merge = await store.get_merge(tx, merge_id, lock=True)
    if merge.undone_at is not None:
        return
    command.expected.check(merge)
    later = await store.later_merge(tx, merge)
    if later is not None:
        raise Conflict("MERGE_FOLLOWED", merge_id=str(later))
    survivor, others = found[merge.survivor_id], [found[lead_id] for lead_id in merge.moved]
    if survivor.deleted_at is not None:
        raise RuleBroken("LEAD_DELETED")
    survivor.ensure_not_converted()
    separated, kept = (
        (survivor, ()) if merge.changes is None else merge.changes.taken_back(survivor)
    )
    touches = {lead_id: moved.touches for lead_id, moved in merge.moved.items()}
    await save_separated_leads(command, survivor, separated, others, touches, merge_id)
    for lead_id, moved in merge.moved.items():
        await _return_parts(command, moved, survivor.id, lead_id)
    await store.save_undone(tx, merge.undone(kept, actor=command.actor, now=command.now))
