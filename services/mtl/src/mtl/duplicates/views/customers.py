"""Reads the accounts and contacts of L2O that a lead may belong to, from their replicas."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import visibility_of
from chassis.records.record_lookups import visible_ids
from chassis.web.auth import Principal
from mtl.accounts.store import ACCOUNTS, account_keys, accounts
from mtl.contacts.store import contacts
from mtl.duplicates.domain.customers import (
    KnownAccount,
    KnownContact,
    LikeCustomers,
    Proposal,
    account_proposals,
    contact_proposals,
)
from mtl.duplicates.domain.leads import DuplicateReason
from mtl.leads.domain.lead import Lead
from parties.candidate_keys import searched_keys
from parties.company_names import parse_company_name

MAX_CANDIDATES: Final = 50  # accounts that share a key of the name, and contacts of one phone
MAX_COLLEAGUES: Final = 500  # contacts of these accounts whose names are compared


async def customers_like(
    tx: AsyncConnection, lead: Lead, caller: Principal, now: datetime
) -> LikeCustomers:
    """Return the accounts and the contacts that a lead may belong to, the likeliest first."""
    accounts, contacts = await _proposals_for(tx, lead)
    ids = {one.account_id for one in (*accounts, *contacts)}
    if not ids:
        return LikeCustomers()
    visibility = await visibility_of(tx, caller, ACCOUNTS.resource, now)
    visible = await visible_ids(tx, ACCOUNTS, sorted(ids), visibility)
    return LikeCustomers(accounts, contacts, visible)


async def _proposals_for(tx: AsyncConnection, lead: Lead) -> tuple[list[Proposal], list[Proposal]]:
    reached = await _reached_alike(tx, lead)
    ids = {one.account_id for one in reached} | await _named_alike(tx, lead)
    if lead.returning_account_id is not None:
        ids.add(lead.returning_account_id)
    known = await _accounts(tx, ids)
    proposed = account_proposals(lead, known, reached)
    colleagues = await _colleagues(tx, {one.account_id for one in proposed})
    shared = {one.id: one for one in reached}
    people = {one.id: one for one in colleagues} | shared
    return proposed, contact_proposals(lead, people.values(), proposed)


async def _reached_alike(tx: AsyncConnection, lead: Lead) -> list[KnownContact]:
    """Return the contacts with a phone or a mail of the lead."""
    phones = sorted({one for one in (lead.phone, lead.work_phone, lead.other_phone) if one})
    mails = sorted({one for one in (lead.email, lead.other_email) if one})
    if not phones and not mails:
        return []
    c = contacts.c
    has_phone, has_mail = c.phone_digest.in_(phones), c.email_digest.in_(mails)
    query = select(contacts, has_phone.label("has_phone"), has_mail.label("has_mail")).where(
        or_(has_phone, has_mail), ~c.deleted
    )
    found = []
    for row in await tx.execute(query.order_by(c.id).limit(MAX_CANDIDATES)):
        shared = [
            *([DuplicateReason.PHONE_EQUAL] if row.has_phone else []),
            *([DuplicateReason.EMAIL_EQUAL] if row.has_mail else []),
        ]
        found.append(replace(_contact(row), shared=tuple(shared)))
    return found


async def _named_alike(tx: AsyncConnection, lead: Lead) -> set[UUID]:
    """Return the accounts that share most keys with the name of the lead's company."""
    if lead.company is None:
        return set()
    c = account_keys.c
    keys = sorted(searched_keys(parse_company_name(lead.company)))
    query = select(c.account_id).where(c.key.in_(keys)).group_by(c.account_id)
    best = query.order_by(func.count().desc(), c.account_id).limit(MAX_CANDIDATES)
    return set((await tx.execute(best)).scalars())


async def _accounts(tx: AsyncConnection, ids: Collection[UUID]) -> list[KnownAccount]:
    if not ids:
        return []
    c = accounts.c
    query = select(c.id, c.name, c.owner_id).where(c.id.in_(ids), ~c.deleted)
    return [KnownAccount(*row) for row in await tx.execute(query)]


async def _colleagues(tx: AsyncConnection, account_ids: Collection[UUID]) -> list[KnownContact]:
    if not account_ids:
        return []
    c = contacts.c
    query = select(contacts).where(c.account_id.in_(sorted(account_ids)), ~c.deleted)
    rows = await tx.execute(query.order_by(c.id).limit(MAX_COLLEAGUES))
    return [_contact(row) for row in rows]


def _contact(row: Row[tuple[object, ...]]) -> KnownContact:
    return KnownContact(row.id, row.account_id, row.name, row.owner_id)
