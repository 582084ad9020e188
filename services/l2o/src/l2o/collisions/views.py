"""Reads the accounts that may be a company: by keys of their own and of their contacts, by name."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import departments, people, posts
from chassis.records.access.visibility import ScopedResource, Visibility
from chassis.records.record_lookups import visible_ids
from chassis.records.search.record_keys import find_with_keys
from kernel.names import comparable_name
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT, ACCOUNTS, accounts
from l2o.accounts.store import POINTS as ACCOUNT_POINTS
from l2o.collisions.domain import (
    Collision,
    CompanyFacts,
    Holder,
    KnownCompany,
    KnownPerson,
    PersonFacts,
    collisions,
    contact_collisions,
)
from l2o.contacts.domain import Contact
from l2o.contacts.store import CONTACT, contacts
from l2o.contacts.store import POINTS as CONTACT_POINTS
from parties.candidate_keys import searched_keys
from parties.company_names import parse_company_name
from parties.fields import domain_key, domain_of_website
from parties.points import values_of

MAX_CANDIDATES: Final = 50  # of one key


def facts_of(account: Account) -> CompanyFacts:
    """What an account is recognized by."""
    return CompanyFacts(
        name=account.name,
        uscc=account.uscc,
        phones=frozenset(values_of(account.phones, account.phone)),
        emails=frozenset(values_of(account.emails, account.email)),
        domains=frozenset(
            domain_of_website(one) for one in values_of(account.websites, account.website)
        ),
    )


async def collisions_of(
    tx: AsyncConnection, facts: CompanyFacts, *, besides: UUID | None = None
) -> list[Collision]:
    """Return the accounts that may be this company, the likeliest first, hidden ones included."""
    reached = await _reached(tx, facts)
    ids = {*reached, *await _recognized(tx, facts), *await _named_alike(tx, facts)} - {besides}
    if not ids:
        return []
    found = [one for one in await ACCOUNT.get_all(tx, sorted(ids)) if one.deleted_at is None]
    return collisions(facts, [_known(one, reached.get(one.id, ())) for one in found])


def _known(account: Account, reached: Collection[str]) -> KnownCompany:
    own = facts_of(account)
    return KnownCompany(
        account_id=account.id,
        owner_id=account.owner_id,
        facts=CompanyFacts(
            name=own.name,
            uscc=own.uscc,
            phones=own.phones | {one for one in reached if "@" not in one},
            emails=own.emails | {one for one in reached if "@" in one},
            domains=own.domains,
        ),
    )


async def _recognized(tx: AsyncConnection, facts: CompanyFacts) -> set[UUID]:
    """Return the accounts with the code, the name, a number, a mail or a site of the company."""
    c, points = accounts.c, ACCOUNT_POINTS.table.c
    phones, emails = sorted(facts.phones), sorted(facts.emails)
    queries: list[Select[Any]] = []
    if facts.uscc:
        queries.append(select(c.id).where(c.uscc == facts.uscc))
    if facts.name:
        queries.append(select(c.id).where(c.name_key == comparable_name(facts.name)))
    if phones:
        queries.append(select(c.id).where(c.phone.in_(phones)))
        queries.append(select(points.account_id).where(points.phone_digest.in_(phones)))
    if emails:
        queries.append(select(c.id).where(c.email_digest.in_(emails)))
        queries.append(select(points.account_id).where(points.email_digest.in_(emails)))
    found = set[UUID]()
    if queries:
        limited = [select(one.limit(MAX_CANDIDATES).subquery()) for one in queries]
        found |= set((await tx.execute(union_all(*limited))).scalars())
    return found | await _of_sites(tx, facts)


async def _of_sites(tx: AsyncConnection, facts: CompanyFacts) -> set[UUID]:
    """Return the accounts with a website of one of the domains."""
    if not facts.domains:
        return set()
    keys = [domain_key(one) for one in sorted(facts.domains)]
    own = await find_with_keys(tx, ACCOUNTS.resource, keys, limit=MAX_CANDIDATES)
    parts = ACCOUNT_POINTS.searched_resource(ACCOUNTS.resource)
    further = await find_with_keys(tx, parts, keys, limit=MAX_CANDIDATES)
    points = ACCOUNT_POINTS.table.c
    owners = await tx.execute(select(points.account_id).where(points.id.in_(further)))
    return {*own, *owners.scalars()}


async def _reached(tx: AsyncConnection, facts: CompanyFacts) -> dict[UUID, set[str]]:
    """Return the numbers and mails of the company that contacts have, by their accounts."""
    c, points = contacts.c, CONTACT_POINTS.table.c
    found: defaultdict[UUID, set[str]] = defaultdict(set)
    for name, values in (("phone", facts.phones), ("email", facts.emails)):
        if not values:
            continue
        known, digest = sorted(values), f"{name}_digest"
        own = select(c.account_id, c[name].label("value")).where(
            c[digest].in_(known), c.deleted_at.is_(None)
        )
        further = (
            select(c.account_id, points[name].label("value"))
            .join(contacts, c.id == points.contact_id)
            .where(points[digest].in_(known), c.deleted_at.is_(None))
        )
        for query in (own, further):
            for row in await tx.execute(query.limit(MAX_CANDIDATES)):
                found[row.account_id].add(row.value)
    return found


async def _named_alike(tx: AsyncConnection, facts: CompanyFacts) -> Sequence[UUID]:
    """Return the accounts that share most keys with the name."""
    if not facts.name:
        return ()
    keys = sorted(searched_keys(parse_company_name(facts.name)))
    return await find_with_keys(tx, ACCOUNTS.resource, keys, limit=MAX_CANDIDATES)


def person_of(contact: Contact) -> PersonFacts:
    """What a contact is recognized by."""
    return PersonFacts(
        phones=frozenset(values_of(contact.phones, contact.phone)),
        emails=frozenset(values_of(contact.emails, contact.email)),
    )


async def contact_collisions_of(
    tx: AsyncConnection, facts: PersonFacts, *, besides: UUID
) -> list[Collision]:
    """Return the contacts with a number or a mail of the person, hidden ones included."""
    c, points = contacts.c, CONTACT_POINTS.table.c
    ids: set[UUID] = set()
    for digest, values in (("phone_digest", facts.phones), ("email_digest", facts.emails)):
        if not values:
            continue
        own = select(c.id).where(c[digest].in_(sorted(values)))
        further = select(points.contact_id).where(points[digest].in_(sorted(values)))
        for query in (own, further):
            ids.update((await tx.execute(query.limit(MAX_CANDIDATES))).scalars())
    ids.discard(besides)
    known = await CONTACT.get_all(tx, sorted(ids)) if ids else ()
    return contact_collisions(
        facts,
        [
            KnownPerson(
                contact_id=one.id, name=one.name, owner_id=one.owner_id, facts=person_of(one)
            )
            for one in known
            if one.deleted_at is None
        ],
    )


async def holders_of(
    tx: AsyncConnection,
    found: Sequence[Collision],
    visibility: Visibility,
    scoped: ScopedResource = ACCOUNTS,
) -> Mapping[UUID, Holder]:
    """Return who has these records, by the record, and which of them the caller sees."""
    visible = await visible_ids(tx, scoped, [one.record_id for one in found], visibility)
    owners = sorted({one.owner_id for one in found if one.owner_id is not None})
    p, d = people.c, departments.c
    query = (
        select(p.subject, p.name, d.name.label("department_name"))
        .outerjoin(posts, (posts.c.person_id == p.id) & posts.c.is_primary)
        .outerjoin(departments, d.id == posts.c.department_id)
        .where(p.subject.in_(owners), ~p.deleted)
    )
    known = {row.subject: row for row in await tx.execute(query)} if owners else {}
    return {
        one.record_id: Holder(
            record_id=one.record_id,
            is_visible=one.record_id in visible,
            owner_id=one.owner_id,
            owner_name=getattr(known.get(one.owner_id), "name", None),
            department_name=getattr(known.get(one.owner_id), "department_name", None),
        )
        for one in found
    }
