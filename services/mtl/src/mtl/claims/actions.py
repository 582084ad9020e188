"""The commands on the leads of a pool: claim, return, give out."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis.database.advisory_locks import lock_key
from chassis.database.write_cause import set_audit_reason
from chassis.records.access.transfers import active_owner_name, last_owner_change
from chassis.records.record_commands import visibility_for
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from kernel.errors import Conflict, Forbidden, Invalid, NotFound, RuleBroken, Violation
from mtl.assignments.actions.requests import AssignedLead, outcome_of
from mtl.assignments.actions.running import assign_leads
from mtl.claims import store
from mtl.claims.domain import HOLDING_FULL, ClaimRoom, ClaimUse, PoolAccess, claim_room
from mtl.claims.views import access_to
from mtl.leads.actions.holdings import HOLDING_LOCK, rooms_of
from mtl.leads.actions.owners import give_lead, move_to_pool
from mtl.leads.actions.releases import ensure_may_take
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.holdings import count_held, lock_best_in_pool, lock_leads
from mtl.pools.domain import Pool
from mtl.pools.store import POOL, is_active_pool
from mtl.quotas.store import limits_of


async def pool_access(command: Command, pool_id: UUID) -> PoolAccess:
    """Return a pool as the caller may use it.

    Raises NotFound, also for a pool of which the caller is neither member nor admin.
    """
    pool = await POOL.get(command.tx, pool_id)
    access = access_to(pool, await visibility_for(command, LEADS.resource))
    if access is None:
        raise NotFound(POOL.name, pool_id)
    return access


async def claim_lead(command: Command, lead_id: UUID) -> Lead:
    """Make the caller the owner of a lead that waits in a pool of theirs.

    A lead that they own already stays. Raises NotFound, RuleBroken (LEAD_NOT_OPEN, POOL_INACTIVE,
    LEAD_OWNER_BARRED), Conflict: LEAD_CLAIMED if another member was faster, HOLDING_FULL,
    CLAIMS_USED_UP, POOL_CLAIMS_USED_UP.
    """
    lead = await LEAD.get(command.tx, lead_id, lock=True)
    if lead.owner_id is not None and lead.owner_id == command.actor:
        return lead
    access = await _pool_of(command, lead)
    if lead.owner_id is not None:
        raise Conflict("LEAD_CLAIMED")
    command.expected.check(lead)
    if not lead.is_open:
        raise RuleBroken("LEAD_NOT_OPEN")
    await ensure_may_take(command, lead_id, command.actor or "")
    room = await _room_to_claim(command, access.pool)
    if room.left == 0:
        raise Conflict(room.limit or HOLDING_FULL)
    [claimed] = await _claim(command, access.pool, [lead])
    return claimed


async def _pool_of(command: Command, lead: Lead) -> PoolAccess:
    """Return the pool of a lead. Raises NotFound for a lead that the caller may not claim."""
    try:
        if lead.pool_id is not None:
            return await pool_access(command, lead.pool_id)
    except NotFound:
        pass
    raise NotFound(LEAD.name, lead.id)


async def claim_from_pool(
    command: Command, pool_id: UUID, count: int
) -> tuple[Sequence[Lead], str | None]:
    """Claim the best leads of a pool; return them, and the code of what kept the caller from more.

    Leads that others are claiming at this moment are left out. Raises NotFound, RuleBroken
    (POOL_INACTIVE), Conflict (HOLDING_FULL, CLAIMS_USED_UP, POOL_CLAIMS_USED_UP) if none is left.
    """
    access = await pool_access(command, pool_id)
    leads = await lock_best_in_pool(command.tx, pool_id, limit=count, claimed_by=command.actor)
    room = await _room_to_claim(command, access.pool)
    if room.left == 0:
        raise Conflict(room.limit or HOLDING_FULL)
    taken = leads if room.left is None else leads[: room.left]
    claimed = await _claim(command, access.pool, taken)
    if len(claimed) == count:
        return claimed, None
    return claimed, room.limit if len(leads) > len(claimed) else "POOL_EMPTY"


async def _room_to_claim(command: Command, pool: Pool) -> ClaimRoom:
    """Return how many leads the caller may claim; what they hold and claimed stays as it is.

    Raises RuleBroken (POOL_INACTIVE), Invalid (OWNER_UNKNOWN, OWNER_INACTIVE) for a caller who is
    no person of the directory.
    """
    tx, person = command.tx, command.actor or ""
    if not pool.active:
        raise RuleBroken("POOL_INACTIVE")
    await active_owner_name(tx, person, pointer="")
    limits = (await limits_of(tx, [person]))[person]
    if limits.holding is None and limits.daily_claims is None and pool.daily_claim_limit is None:
        return ClaimRoom()
    await lock_key(tx, HOLDING_LOCK, person)
    claims = await store.claims_on(tx, person, await today(tx, command.now))
    use = ClaimUse(
        held=(await count_held(tx, [person]))[person],
        claimed=sum(claims.values()),
        claimed_from_pool=claims.get(pool.id, 0),
    )
    return claim_room(limits, pool.daily_claim_limit, use)


async def _claim(command: Command, pool: Pool, leads: Sequence[Lead]) -> Sequence[Lead]:
    tx, person = command.tx, command.actor or ""
    claimed = [await give_lead(command, lead, person) for lead in leads]
    if claimed:
        await store.add_claims(
            tx,
            [lead.id for lead in claimed],
            pool_id=pool.id,
            by=person,
            at=command.now,
            day=await today(tx, command.now),
        )
    return claimed


async def return_lead(
    command: Command, lead_id: UUID, *, reason: str, pool_id: UUID | None = None
) -> Lead:
    """Put a lead into a pool, by default the one from which it was claimed; nobody owns it then.

    A claim that was made still counts. Raises NotFound, Invalid (POOL_UNKNOWN), RuleBroken
    (LEAD_WITHOUT_POOL, LEAD_CONVERTED), Conflict (MOVE_MADE_OTHERWISE), PreconditionFailed,
    PreconditionRequired.
    """
    tx = command.tx
    lead = await LEAD.get(tx, lead_id, lock=True)
    target = pool_id or lead.pool_id
    if lead.owner_id is None and lead.pool_id is not None and lead.pool_id == target:
        last = await last_owner_change(tx, LEADS, lead_id)
        if last is None or last.reason == reason:
            return lead
        command.expected.check(lead)
        raise Conflict("MOVE_MADE_OTHERWISE")
    command.expected.check(lead)
    if target is None:
        raise RuleBroken("LEAD_WITHOUT_POOL")
    if not await is_active_pool(tx, target):
        raise Invalid([Violation("/pool_id", "POOL_UNKNOWN")])
    await set_audit_reason(tx, reason)
    return await move_to_pool(replace(command, reason=reason), lead, target)


async def hidden_after_return(command: Command, pool_id: UUID) -> frozenset[str]:
    """Return what the caller no longer sees of a lead that they returned to this pool.

    Who may not claim from the pool does not see the fields that it hides either.
    """
    pool = await POOL.get(command.tx, pool_id)
    access = access_to(pool, await visibility_for(command, LEADS.resource))
    return frozenset(pool.hidden_fields) if access is None else access.hidden_fields


async def give_out(
    command: Command,
    pool_id: UUID,
    *,
    lead_ids: Sequence[UUID] | None,
    count: int | None,
    owner_id: str | None,
) -> list[AssignedLead]:
    """Give leads that wait in a pool to a person, or, without one, to whom the rules choose.

    Raises NotFound, Forbidden (POOL_ADMIN_NEEDED), Invalid (OWNER_UNKNOWN, OWNER_INACTIVE).
    """
    access = await pool_access(command, pool_id)
    if not access.is_admin:
        raise Forbidden("POOL_ADMIN_NEEDED")
    if owner_id is not None:
        await active_owner_name(command.tx, owner_id)
    if command.reason is not None:
        await set_audit_reason(command.tx, command.reason)
    if lead_ids is None:
        found = await lock_best_in_pool(command.tx, pool_id, limit=count or 0)
        named = [lead.id for lead in found]
        leads = {lead.id: lead for lead in found}
    else:
        named, leads = list(lead_ids), dict(await lock_leads(command.tx, lead_ids))
    refused = {one: code for one in named if (code := _refusal(leads.get(one), pool_id))}
    taken = [leads[one] for one in named if one not in refused]
    if owner_id is None:
        given = [outcome_of(plan) for plan in await assign_leads(command, taken)]
    else:
        given = await _give_to(command, taken, owner_id)
    done = {one.lead_id: one for one in given}
    return [done.get(one) or AssignedLead(lead_id=one, code=refused.get(one)) for one in named]


def _refusal(lead: Lead | None, pool_id: UUID) -> str | None:
    """Return why a lead is not given out; None if it waits in this pool."""
    if lead is None or lead.pool_id != pool_id:
        return "LEAD_NOT_FOUND"
    if lead.owner_id is not None:
        return "LEAD_CLAIMED"
    return None if lead.is_open else "LEAD_NOT_OPEN"


async def _give_to(command: Command, leads: Sequence[Lead], owner_id: str) -> list[AssignedLead]:
    """Give leads to a person until they hold as many as they may."""
    room = (await rooms_of(command.tx, [owner_id]))[owner_id]
    fitting = leads if room is None else leads[:room]
    for lead in fitting:
        await give_lead(command, lead, owner_id)
    return [
        *(AssignedLead(lead_id=lead.id, owner_id=owner_id) for lead in fitting),
        *(AssignedLead(lead_id=lead.id, code=HOLDING_FULL) for lead in leads[len(fitting) :]),
    ]
