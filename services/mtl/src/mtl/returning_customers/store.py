"""The table of the keys of converted leads, and all SQL on it."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    LargeBinary,
    Select,
    String,
    Table,
    Uuid,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.encryption.sealing import digest
from chassis.database.rows import is_among, is_among_pairs
from mtl.accounts.store import accounts
from mtl.contacts.store import EMAIL_PLACE, PHONE_PLACE, contacts
from mtl.database import metadata

KeyDigest = tuple[str, bytes]  # the kind of a key, and its digest

# Several converted leads may have one phone: a customer who came back was converted again.
returning_customers = Table(
    "returning_customers",
    metadata,
    tenant_column(),
    Column("kind", String(40), primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info={"personal": "digest"}),
    Column("lead_id", Uuid, primary_key=True, info={"personal": "subject"}),
    Column("account_id", Uuid, nullable=False),
    Index(None, "tenant_id", "lead_id"),
)

_CONTACT_PHONE, _CONTACT_EMAIL = "contact.phone", "contact.email"
_PLACES = {_CONTACT_PHONE: PHONE_PLACE, _CONTACT_EMAIL: EMAIL_PLACE}


_C = returning_customers.c


def _contacts_with(kind: str, column: ColumnElement[bytes]) -> Select[Any]:
    """Return the query of the contacts with some digests, the parameter of this kind."""
    own = type_coerce(column, LargeBinary)
    query = select(literal(kind), own, type_coerce(null(), Uuid), contacts.c.account_id)
    return query.where(is_among(own, kind), ~contacts.c.deleted)


def _person_query() -> Select[Any]:
    """Return the query of whom some keys belong to, oldest leads first; contacts come last."""
    person = union_all(
        select(_C.kind, _C.digest, _C.lead_id, _C.account_id).where(
            is_among_pairs((_C.kind, _C.digest), ("kinds", "digests"))
        ),
        _contacts_with(_CONTACT_PHONE, contacts.c.phone_digest),
        _contacts_with(_CONTACT_EMAIL, contacts.c.email_digest),
    ).subquery("person")
    return (
        select(person, accounts.c.name, accounts.c.owner_id)
        .outerjoin(accounts, (accounts.c.id == person.c.account_id) & ~accounts.c.deleted)
        .order_by(person.c.lead_id, person.c.account_id)
    )


_WITH_KEYS: Final = _person_query()  # built once


class ReturningCustomer(NamedTuple):
    """The account of a person: by a converted lead of theirs, or because they are its contact.

    The name and the owner of the account are those of its replica.
    """

    lead_id: UUID | None
    account_id: UUID
    account_name: str | None
    account_owner_id: str | None


def contact_keys(phones: Collection[str], mails: Collection[str]) -> list[KeyDigest]:
    """Return the keys by which a person is recognized among the contacts of L2O."""
    values = [(_CONTACT_PHONE, one) for one in phones] + [(_CONTACT_EMAIL, one) for one in mails]
    return [(kind, digest(value, _PLACES[kind])) for kind, value in values]


async def add_keys(
    tx: AsyncConnection, keys: Collection[KeyDigest], *, lead_id: UUID, account_id: UUID
) -> None:
    """Store the keys of a converted lead; those that are stored stay."""
    rows = [
        {"kind": kind, "digest": digest, "lead_id": lead_id, "account_id": account_id}
        for kind, digest in keys
    ]
    if rows:
        await tx.execute(insert(returning_customers).on_conflict_do_nothing(), rows)


async def find(
    tx: AsyncConnection, keys: Collection[KeyDigest]
) -> dict[KeyDigest, ReturningCustomer]:
    """Return the newest converted lead that had each of these keys, or the contact that has it."""
    if not keys:
        return {}
    own = sorted(key for key in keys if key[0] not in _PLACES)
    values = {
        "kinds": [kind for kind, _ in own],
        "digests": [each for _, each in own],
        **{kind: sorted(each for of, each in keys if of == kind) for kind in _PLACES},
    }
    return {
        (kind, bytes(each)): ReturningCustomer(*customer)
        for kind, each, *customer in await tx.execute(_WITH_KEYS, values)
    }
