"""Finds the leads that have a contact point."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.search.digested_points import end_lines
from chassis.records.search.tables import search_grams
from mtl.leads.domain.keys import lead_key
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS, leads
from mtl.leads.store.keys import lead_keys, tenant_secret


async def lock_leads_with(
    tx: AsyncConnection, points: Collection[tuple[str, str]], lead_id: UUID
) -> Sequence[Lead]:
    """Lock and return a lead, and those with one of these contact points, deleted ones included.

    They are found by their first phone and mail, by their keys, and in the search index, which
    has all numbers and mails of leads that are not deleted.
    """
    phones = [value for kind, value in points if kind == "phone"]
    mails = [value for kind, value in points if kind == "email"]
    secret = tenant_secret(transaction_tenant())
    keys = [lead_key(secret, kind, value) for kind, value in points]
    held = select(lead_keys.c.lead_id).where(tuple_(lead_keys.c.kind, lead_keys.c.digest).in_(keys))
    conditions: list[Any] = [leads.c.id.in_(held)]
    conditions += [leads.c.phone_digest == one for one in phones]
    conditions += [leads.c.email_digest == one for one in mails]
    conditions += [_is_searched(one) for one in (*phones, *mails)]
    found = {lead_id}
    for condition in conditions:  # each by an index of its own
        found.update((await tx.execute(select(leads.c.id).where(condition))).scalars())
    query = select(leads).where(leads.c.id.in_(found)).order_by(leads.c.id).with_for_update()
    return [from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()]


def _is_searched(point: str) -> ColumnElement[bool]:
    """Return the condition that a lead is found by this number or mail, whichever field has it."""
    _, gram = end_lines(LEADS.resource, point)
    grams = search_grams.c
    found = select(grams.id).where(grams.resource == LEADS.resource, grams.gram == gram)
    return leads.c.id.in_(found)
