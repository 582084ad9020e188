"""The HTTP API of the consents of leads."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from chassis.records.access.guards import may_read, may_write
from chassis.web.commands import CreateCommand
from chassis.web.pages import DESC, Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.consents.domain import ConsentMedium
from mtl.consents.store import consents_query, lead_consents
from mtl.lead_consents import actions
from mtl.lead_consents.actions import Proof
from mtl.lead_consents.schemas import ConsentIn, ConsentOut, ConsentStateOut, ConsentWithdrawIn
from mtl.leads.store import LEAD, LEADS

router = new_router("/leads", tag="consents")
NEWEST_FIRST = [(lead_consents.c.at, DESC)]


@router.post(
    "/{lead_id}/consents",
    status_code=201,
    dependencies=[may_write(LEADS)],
    summary="Record that the person of a lead agreed to be contacted",
)
async def lead_consent_create(
    lead_id: UUID, body: ConsentIn, command: CreateCommand
) -> ConsentStateOut:
    """Record a consent with its proof; it counts for every lead with the same contact points.

    A consent that is older than a withdrawal changes nothing.
    """
    proof = Proof(**{**body.model_dump(exclude={"media"}), "at": body.at or command.now})
    banned = await actions.grant_consents(command, lead_id, body.media, proof)
    return ConsentStateOut.model_validate({"do_not_contact": banned})


@router.post(
    "/{lead_id}/consents/withdraw",
    dependencies=[may_write(LEADS)],
    summary="Record that the person of a lead is not to be contacted",
)
async def lead_consent_withdraw(
    lead_id: UUID, command: CreateCommand, body: ConsentWithdrawIn | None = None
) -> ConsentStateOut:
    """Withdraw media at once, for every lead with one of the contact points of this one.

    From then on, a follow-up by such a medium is refused unless the person contacted us.
    """
    given = body or ConsentWithdrawIn()
    banned = await actions.withdraw_consents(command, lead_id, given.media, given.source)
    return ConsentStateOut.model_validate({"do_not_contact": banned})


@router.get(
    "/{lead_id}/consents",
    dependencies=[may_read(LEADS)],
    summary="What the person of a lead agreed to and withdrew, newest first",
)
async def lead_consents_list(
    lead_id: UUID,
    tx: Tx,
    page: PageParams,
    medium: Annotated[ConsentMedium | None, Query(description="Only those of this medium")] = None,
) -> Page[ConsentOut]:
    """List the facts about the contact points of a lead, whichever lead they were recorded at."""
    query = consents_query(await LEAD.get(tx, lead_id, with_deleted=True))
    if medium is not None:
        query = query.where(lead_consents.c.medium == medium)
    return await fetch_page(tx, query, page, sort=NEWEST_FIRST, shape=lambda row: ConsentOut(**row))


ROUTERS = (router,)
