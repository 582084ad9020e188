"""Finds the leads that have a contact point."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns, is_among_pairs, is_one_of
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.search.digested_points import end_lines
from chassis.records.search.tables import search_grams
from mtl.leads.domain.keys import lead_key
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS, leads
from mtl.leads.store.keys import lead_keys, tenant_secret

_HELD: Final = select(lead_keys.c.lead_id).where(
    is_among_pairs((lead_keys.c.kind, lead_keys.c.digest), ("kinds", "digests"))
)


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
    pairs = {"kinds": [key.kind for key in keys], "digests": [key.digest for key in keys]}
    conditions: list[Any] = [leads.c.id.in_(_HELD.params(**pairs))]
    conditions += [leads.c.phone_digest == one for one in phones]
    conditions += [leads.c.email_digest == one for one in mails]
    conditions += [_is_searched(one) for one in (*phones, *mails)]
    found = {lead_id}
    for condition in conditions:  # each by an index of its own
        found.update((await tx.execute(select(leads.c.id).where(condition))).scalars())
    query = select(leads).where(is_one_of(leads.c.id, found)).order_by(leads.c.id).with_for_update()
    return [from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()]


def _is_searched(point: str) -> ColumnElement[bool]:
    """Return the condition that a lead is found by this number or mail, whichever field has it."""
    _, gram = end_lines(LEADS.resource, point)
    grams = search_grams.c
    found = select(grams.id).where(grams.resource == LEADS.resource, grams.gram == gram)
    return leads.c.id.in_(found)
