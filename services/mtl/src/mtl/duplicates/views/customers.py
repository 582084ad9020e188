"""Reads the accounts and contacts of L2O that a lead may belong to, from their replicas."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    LargeBinary,
    Select,
    Uuid,
    bindparam,
    func,
    null,
    or_,
    select,
    type_coerce,
    union,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.sealing import digest
from chassis.database.rows import is_among, is_one_of, planned_once
from chassis.records.access.visibility import visibility_of
from chassis.records.record_lookups import visible_among
from chassis.web.auth import Principal
from mtl.accounts.store import ACCOUNTS, account_keys, accounts
from mtl.contacts.store import EMAIL_PLACE, PHONE_PLACE, contacts
from mtl.duplicates.domain.customers import (
    KnownAccount,
    KnownContact,
    LikeCustomers,
    account_proposals,
    contact_proposals,
)
from mtl.duplicates.domain.leads import DuplicateReason
from mtl.leads.domain.lead import Lead
from parties.candidate_keys import searched_keys
from parties.company_names import parse_company_name

MAX_CANDIDATES: Final = 50  # accounts that share a key of the name, and contacts of one phone
MAX_COLLEAGUES: Final = 500  # contacts of these accounts whose names are compared


def _has(column: ColumnElement[Any], parameter: str) -> ColumnElement[bool]:
    return is_among(type_coerce(column, LargeBinary), parameter)


def _candidates_query() -> Any:
    """Return the query for the contacts with a phone or a mail, and for accounts.

    These are the accounts of the contacts, those that share most keys with a name, and one by id.
    """
    c, a = contacts.c, accounts.c
    has_phone, has_mail = _has(c.phone_digest, "phones"), _has(c.email_digest, "mails")
    reached = (
        select(
            c.id,
            c.account_id,
            c.name,
            c.owner_id,
            func.coalesce(has_phone, False).label("has_phone"),
            func.coalesce(has_mail, False).label("has_mail"),
        )
        .where(or_(has_phone, has_mail), ~c.deleted)
        .order_by(c.id)
        .limit(MAX_CANDIDATES)
        .cte("reached")
    )
    ids = union(
        select(reached.c.account_id),
        select(_named_alike().subquery("named").c.account_id),
        select(bindparam("account_id", type_=Uuid)),
    ).subquery("ids")
    no_contact, no = type_coerce(null(), Uuid), type_coerce(null(), Boolean)
    of_accounts = select(no_contact, a.id, a.name, a.owner_id, no, no)
    known = of_accounts.where(a.id.in_(select(ids.c.account_id)), ~a.deleted)
    return union_all(select(reached), known)


def _named_alike() -> Select[Any]:
    c = account_keys.c
    query = select(c.account_id).where(is_among(c.key, "keys")).group_by(c.account_id)
    return query.order_by(func.count().desc(), c.account_id).limit(MAX_CANDIDATES)


_CANDIDATES: Final = _candidates_query()


async def customers_like(
    tx: AsyncConnection, lead: Lead, caller: Principal, now: datetime
) -> LikeCustomers:
    """Return the accounts and the contacts that a lead may belong to, the likeliest first."""
    candidates, reached = await _candidates(tx, lead)
    proposed = account_proposals(lead, candidates, reached)
    colleagues = await _colleagues(tx, {one.account_id for one in proposed})
    people = {one.id: one for one in (*colleagues, *reached)}
    of_contacts = contact_proposals(lead, people.values(), proposed)
    ids = {one.account_id for one in (*proposed, *of_contacts)}
    if not ids:
        return LikeCustomers()
    visibility = await visibility_of(tx, caller, ACCOUNTS.resource, now)
    owners = {one.id: one.owner_id for one in candidates if one.id in ids}
    visible = await visible_among(tx, ACCOUNTS, owners, visibility)
    return LikeCustomers(proposed, of_contacts, visible)


async def _candidates(
    tx: AsyncConnection, lead: Lead
) -> tuple[list[KnownAccount], list[KnownContact]]:
    """Return accounts that may be that of a lead, and contacts with one of its phones or mails."""
    phones = {one for one in (lead.phone, lead.work_phone, lead.other_phone) if one}
    mails = {one for one in (lead.email, lead.other_email) if one}
    keys = () if lead.company is None else searched_keys(parse_company_name(lead.company))
    parameters = {
        "phones": planned_once(sorted(digest(one, PHONE_PLACE) for one in phones), b""),
        "mails": planned_once(sorted(digest(one, EMAIL_PLACE) for one in mails), b""),
        "keys": planned_once(sorted(keys), ""),
        "account_id": lead.returning_account_id,
    }
    known, reached = [], []
    for contact_id, account_id, name, owner_id, has_phone, has_mail in await tx.execute(
        _CANDIDATES, parameters
    ):
        if contact_id is None:
            known.append(KnownAccount(account_id, name, owner_id))
        else:
            shared = _shared(has_phone, has_mail)
            reached.append(KnownContact(contact_id, account_id, name, owner_id, shared))
    return known, reached


def _shared(*equal: bool) -> tuple[DuplicateReason, ...]:
    reasons = (DuplicateReason.PHONE_EQUAL, DuplicateReason.EMAIL_EQUAL)
    return tuple(reason for reason, is_equal in zip(reasons, equal, strict=True) if is_equal)


async def _colleagues(tx: AsyncConnection, account_ids: Collection[UUID]) -> list[KnownContact]:
    if not account_ids:
        return []
    c = contacts.c
    query = select(c.id, c.account_id, c.name, c.owner_id)
    of_accounts = query.where(is_one_of(c.account_id, sorted(account_ids)), ~c.deleted)
    rows = await tx.execute(of_accounts.order_by(c.id).limit(MAX_COLLEAGUES))
    return [KnownContact(*row) for row in rows]
