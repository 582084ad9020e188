"""Reads the leads that are like another one, with one statement that is built once."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from sqlalchemy import Row, Select, Text, bindparam, func, null, select, type_coerce, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.columns import DIGEST_SUFFIX
from chassis.database.encryption.sealing import digest
from chassis.database.rows import is_among_pairs, planned_once
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.search.record_keys import ids_with_keys, key_grams
from mtl.duplicates.domain.leads import LEAST_SHOWN, KnownLead, Likeness, likeness
from mtl.leads.domain.details import KEY_FIELDS
from mtl.leads.domain.keys import LeadKey
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import ENCRYPTED, LEADS, leads
from mtl.leads.store.keys import key_digests, lead_keys, tenant_secret
from mtl.returning_customers.store import returning_customers
from parties.candidate_keys import searched_keys
from parties.company_names import CompanyName, parse_company_name

MAX_CANDIDATES: Final = 50  # that share a key of the company's name; those that share most count
MAX_SHOWN: Final = 20
OwnKeys = Mapping[str, Collection[Any]]  # the values, or digests, that a column may repeat

_C = leads.c
_KEY_COLUMNS: Final[Mapping[str, str]] = {  # where the values of keys stand, with their kinds
    f"{name}{DIGEST_SUFFIX}" if name in ENCRYPTED else name: kind
    for name, kind in KEY_FIELDS.items()
}


@cache
def _candidates_query(*, with_code: bool) -> Select[Any]:
    """Return the query for the leads that share a key, also of the company's name, with a lead.

    Only a lead with a credit code looks for others with it: for one without, PostgreSQL would plan
    anew each time.
    """
    held, former, pair = lead_keys.c, returning_customers.c, ("kinds", "digests")
    by_name = ids_with_keys(LEADS.resource, "grams", limit=MAX_CANDIDATES).subquery()
    same_code = select(_C.id).where(_C.uscc == bindparam("uscc"), _C.deleted_at.is_(None))
    by_code = same_code.limit(MAX_CANDIDATES).subquery()
    no_kind = type_coerce(null(), Text)
    found = union_all(
        select(held.lead_id.label("id"), held.kind).where(
            is_among_pairs((held.kind, held.digest), pair)
        ),
        select(former.lead_id, former.kind).where(
            is_among_pairs((former.kind, former.digest), pair)
        ),
        select(by_name.c.id, no_kind),
        *([select(by_code.c.id, no_kind)] if with_code else []),
    ).subquery("found")
    each = select(found.c.id, func.array_agg(found.c.kind).label("kinds")).group_by(found.c.id)
    candidate = each.subquery("candidate")
    shown = (_C.id, _C.created_at, _C.name, _C.company, _C.uscc, _C.status, _C.owner_id)
    return (
        select(*shown, *(_C[name] for name in _KEY_COLUMNS), candidate.c.kinds)
        .join(candidate, candidate.c.id == _C.id)
        .where(_C.deleted_at.is_(None), _C.id != bindparam("own_id"))
    )


async def find_duplicates(tx: AsyncConnection, lead: Lead) -> list[tuple[Likeness, KnownLead]]:
    """Return the leads that are like this one, without it, the most alike first."""
    company = None if lead.company is None else parse_company_name(lead.company)
    own = _own_keys(lead)
    query = _candidates_query(with_code=lead.uscc is not None)
    rows = await tx.execute(query, _parameters(lead, company))
    others = [_known(row, own) for row in rows]
    found = [(likeness(lead, company, other), other) for other in others]
    shown = [one for one in found if one[0].score >= LEAST_SHOWN]
    shown.sort(key=lambda one: (-one[0].score, one[1].created_at, one[1].id))
    return shown[:MAX_SHOWN]


def _parameters(lead: Lead, company: CompanyName | None) -> dict[str, Any]:
    """Return the keys of a lead, also those that a deleted or an invalid one has given up."""
    as_raw = replace(lead, deleted_at=None, status=LeadStatus.RAW)
    keys = key_digests(tenant_secret(transaction_tenant()), as_raw)
    pairs = planned_once(keys, LeadKey("", b""))
    grams = [] if company is None else key_grams(searched_keys(company))
    return {
        "kinds": [key.kind for key in pairs],
        "digests": [key.digest for key in pairs],
        "grams": planned_once(grams, ""),
        "own_id": lead.id,
        **({} if lead.uscc is None else {"uscc": lead.uscc}),
    }


def _own_keys(lead: Lead) -> OwnKeys:
    """Return for each column of a key what it holds in a lead with the same key."""
    values: dict[str, list[str]] = {}
    for _, kind, value in lead.keyed_fields():
        values.setdefault(kind, []).append(value)
    return {
        name: {_stored(name, value) for value in values[kind]}
        for name, kind in _KEY_COLUMNS.items()
        if kind in values
    }


def _stored(column: str, value: str) -> Any:
    field = column.removesuffix(DIGEST_SUFFIX)
    return digest(value, f"{LEADS.resource}.{field}") if field in ENCRYPTED else value


def _known(row: Row[Any], own: OwnKeys) -> KnownLead:
    """Return a stored lead with the kinds of keys that it holds, or has, in common with a lead."""
    held = {kind for kind in row.kinds if kind is not None}
    repeated = {_KEY_COLUMNS[name] for name, values in own.items() if getattr(row, name) in values}
    return KnownLead(
        id=row.id,
        created_at=row.created_at,
        name=row.name,
        company=row.company,
        uscc=row.uscc,
        status=row.status,
        owner_id=row.owner_id,
        shared=held | repeated,
    )
