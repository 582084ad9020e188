"""The HTTP API of claims: what waits in a pool, claiming, returning, giving out, and quotas."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from chassis.foundation.words import in_words
from chassis.records.access.guards import may_list, may_write
from chassis.records.access.visibility import Visibility
from chassis.records.lists.list_page import ListPage
from chassis.records.lists.list_query import ListQuery
from chassis.records.tenant_settings import today
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, CreateCommand
from chassis.web.pages import PageParams, reject_unknown_parameters
from chassis.web.routing import new_router
from kernel.errors import Invalid, NotFound, Violation
from mtl.assignments.routes import assignment_answer
from mtl.assignments.schemas import AssignmentOut
from mtl.claims import actions
from mtl.claims.schemas import (
    LeadReturnIn,
    OwnPoolOut,
    OwnPoolsOut,
    PoolAssignIn,
    PoolClaimIn,
    PoolClaimOut,
    PoolLeadOut,
    QuotaUseOut,
)
from mtl.claims.store import LISTING
from mtl.claims.views import QuotaUse, own_pools, quota_use_of
from mtl.leads.domain.moves import OPEN_STATUSES
from mtl.leads.schemas.leads import LeadOut
from mtl.leads.store import LEADS, leads
from mtl.leads.store.holdings import count_in_pools
from mtl.quotas.store import QUOTA
from mtl.texts import TEXTS

pool_router = new_router("/pools", tag="pools")
lead_router = new_router("/leads", tag="pools")
quota_router = new_router("/quotas", tag="quotas")
READ, WRITE = [allow("mtl.lead.read")], [allow("mtl.lead.write")]
Seen = Annotated[Visibility, may_list(LEADS)]


@pool_router.get("/mine", summary="The pools from which the caller may claim, and how much")
async def pool_mine(command: CreateCommand, visibility: Seen) -> OwnPoolsOut:
    """List the caller's pools with how many leads wait, and what the caller may still claim."""
    tx, person = command.tx, command.actor or ""
    accesses = await own_pools(tx, visibility)
    use = await quota_use_of(tx, person, await today(tx, command.now))
    waiting = await count_in_pools(tx, [one.pool.id for one in accesses])
    return OwnPoolsOut(
        pools=[
            OwnPoolOut(
                id=one.pool.id,
                name=one.pool.name,
                description=one.pool.description,
                hidden_fields=sorted(one.hidden_fields),
                waiting=waiting[one.pool.id],
                is_admin=one.is_admin,
                daily_claim_limit=one.pool.daily_claim_limit,
                claimed_today=use.claims.get(one.pool.id, 0),
            )
            for one in accesses
        ],
        quota=_shown(use),
    )


@pool_router.get("/{pool_id}/leads", dependencies=READ, summary="The leads that wait in a pool")
async def pool_lead_list(
    pool_id: UUID,
    command: CreateCommand,
    page: PageParams,
    query: Annotated[ListQuery, LISTING.query],
) -> ListPage[PoolLeadOut]:
    """List the open leads of a pool that nobody owns, newest first.

    The fields that the pool hides are empty, and rows are neither selected, sorted nor counted by
    them, unless the caller is an admin of the pool.
    """
    access = await actions.pool_access(command, pool_id)
    hidden = access.hidden_fields
    found = list(_uses_of_hidden(query, hidden))
    if query.deleted and not access.is_admin:
        found.append(Violation("?deleted", "POOL_ADMIN_NEEDED"))
    if found:
        raise Invalid(found)
    c = leads.c
    waiting = (c.pool_id == pool_id, c.owner_id.is_(None), c.status.in_(OPEN_STATUSES))
    return await LISTING.page(
        command.tx, page, query, shape=lambda row: LISTING.shape(row).hiding(hidden), where=waiting
    )


def _uses_of_hidden(query: ListQuery, hidden: frozenset[str]) -> Iterator[Violation]:
    for name in query.values:
        if name.partition("__")[0] in hidden:
            yield Violation(f"?{name}", "FIELD_HIDDEN")
    if (query.sort or "").removeprefix("-") in hidden:
        yield Violation("?sort", "FIELD_HIDDEN")
    if query.count_by in hidden:
        yield Violation("?count_by", "FIELD_HIDDEN")


@pool_router.post("/{pool_id}/claim", dependencies=WRITE, summary="Claim the best leads of a pool")
async def pool_claim(pool_id: UUID, body: PoolClaimIn, command: CreateCommand) -> PoolClaimOut:
    """Make the caller the owner of so many leads: the best grade first, then the oldest.

    Answers fewer if the pool or a limit has no more, and 409 if a limit leaves none.
    """
    claimed, code = await actions.claim_from_pool(command, pool_id, body.count)
    why_not = None if code is None else in_words(TEXTS[code])
    shown = [LeadOut.model_validate(lead) for lead in claimed]
    return PoolClaimOut(leads=shown, code=code, why_not=why_not)


@pool_router.post("/{pool_id}/assign", dependencies=WRITE, summary="Give leads of a pool out")
async def pool_assign(pool_id: UUID, body: PoolAssignIn, command: CreateCommand) -> AssignmentOut:
    """Give named leads, or the best ones, to a person or to whom the rules choose.

    For admins of the pool. Nobody gets more leads than they may hold.
    """
    results = await actions.give_out(
        replace(command, reason=body.reason),
        pool_id,
        lead_ids=body.lead_ids,
        count=body.count,
        owner_id=body.owner_id,
    )
    return assignment_answer(results)


@lead_router.post("/{lead_id}/claim", dependencies=WRITE, summary="Claim a lead of a pool")
async def lead_claim(
    lead_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> LeadOut:
    """Make the caller the owner of a lead that waits in a pool of theirs.

    Of several who claim it at once one gets it, the others 409 `LEAD_CLAIMED`.
    """
    return LeadOut.model_validate(await actions.claim_lead(command, lead_id))


@lead_router.post(
    "/{lead_id}/return", dependencies=[may_write(LEADS)], summary="Return a lead to its pool"
)
async def lead_return(lead_id: UUID, body: LeadReturnIn, command: ChangeCommand) -> PoolLeadOut:
    """Give a lead back to the pool from which it came, or into another; the claim still counts."""
    lead = await actions.return_lead(command, lead_id, reason=body.reason, pool_id=body.pool_id)
    assert lead.pool_id is not None
    shown = PoolLeadOut.model_validate(lead)
    return shown.hiding(await actions.hidden_after_return(command, lead.pool_id))


@quota_router.get(
    "/use",
    dependencies=[Depends(reject_unknown_parameters)],
    summary="What a person may hold and claim, and what is left",
)
async def quota_use(
    command: CreateCommand,
    visibility: Seen,
    holder_id: Annotated[
        str | None, Query(max_length=255, description="By default the caller")
    ] = None,
) -> QuotaUseOut:
    """Answer limits, leads held and claims of today of the caller or of one of their people."""
    owner_id = holder_id or command.actor or ""
    if not visibility.everything and owner_id not in visibility.owners:
        raise NotFound(QUOTA.name, owner_id)
    return _shown(await quota_use_of(command.tx, owner_id, await today(command.tx, command.now)))


def _shown(use: QuotaUse) -> QuotaUseOut:
    holding, claims = use.limits.holding, use.limits.daily_claims
    values: dict[str, Any] = {
        "holding_left": None if holding is None else max(holding - use.held, 0),
        "claims_left": None if claims is None else max(claims - use.claimed_today, 0),
    }
    return QuotaUseOut(
        holder_id=use.owner_id,
        holding_limit=holding,
        held=use.held,
        daily_claim_limit=claims,
        claimed_today=use.claimed_today,
        today=use.today,
        **values,
    )


ROUTERS = (pool_router, lead_router, quota_router)
