"""Reads the leads that are like another one."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.search.record_keys import ids_with_keys
from mtl.duplicates.domain.leads import LEAST_SHOWN, Likeness, likeness
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS, leads, leads_by_id
from mtl.leads.store.keys import key_digests, lead_keys, tenant_secret
from mtl.returning_customers import store as returning_customers
from parties.candidate_keys import searched_keys
from parties.company_names import CompanyName, parse_company_name

MAX_CANDIDATES = 50  # that share a key of the company's name; those that share most are compared
MAX_SHOWN = 20


async def find_duplicates(tx: AsyncConnection, lead: Lead) -> list[tuple[Likeness, Lead]]:
    """Return the leads that are like this one, without it, the most alike first."""
    company = _company_of(lead)
    ids = {*await _holders_of_keys(tx, lead), *await _of_same_company(tx, lead)}
    if company is not None:
        keys = searched_keys(company)
        ids.update(await ids_with_keys(tx, LEADS.resource, keys, limit=MAX_CANDIDATES))
    others = await leads_by_id(tx, ids - {lead.id})
    found = [
        (likeness(lead, company, other, _company_of(other)), other) for other in others.values()
    ]
    shown = [one for one in found if one[0].score >= LEAST_SHOWN]
    shown.sort(key=lambda one: (-one[0].score, one[1].created_at, one[1].id))
    return shown[:MAX_SHOWN]


async def _of_same_company(tx: AsyncConnection, lead: Lead) -> Sequence[UUID]:
    """Return leads of the company with the same credit code."""
    if lead.uscc is None:
        return ()
    query = select(leads.c.id).where(leads.c.uscc == lead.uscc, leads.c.deleted_at.is_(None))
    return (await tx.execute(query.limit(MAX_CANDIDATES))).scalars().all()


def _company_of(lead: Lead) -> CompanyName | None:
    return None if lead.company is None else parse_company_name(lead.company)


async def _holders_of_keys(tx: AsyncConnection, lead: Lead) -> Sequence[UUID]:
    """Return the leads that hold a phone, mail or external id of this one, converted ones too."""
    open_lead = replace(lead, deleted_at=None)
    digests = key_digests(tenant_secret(transaction_tenant()), open_lead)
    if not digests:
        return ()
    held = tuple_(lead_keys.c.kind, lead_keys.c.digest).in_(digests)
    holders = (await tx.execute(select(lead_keys.c.lead_id).where(held))).scalars().all()
    return [*holders, *await returning_customers.leads_with_keys(tx, digests)]
