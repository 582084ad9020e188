"""The tables of accounts and all SQL on them."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Computed,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_key
from chassis.database.columns import name_key_column
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.records.access.visibility import (
    EVERYTHING,
    Access,
    ScopedResource,
    Visibility,
    is_visible,
)
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, any_case, upper_case
from chassis.records.record_parts import Parts
from chassis.records.record_types import RecordType
from chassis.records.search.prefixes import begins_with
from chassis.records.search.record_keys import has_key
from contracts.l2o.events import (
    AccountAssigned,
    AccountChanged,
    AccountCreated,
    AccountDeleted,
    AccountRestored,
)
from kernel.names import comparable_name
from l2o.accounts.domain import Account, AccountKind, kind_key, kind_keys
from l2o.accounts.schemas import AccountOut
from l2o.database import metadata
from parties.addresses import PartyAddress
from parties.candidate_keys import keys_of_company
from parties.fields import RegionCode, domain_keys
from parties.point_tables import point_parts
from parties.regions import digits_of_region
from parties.tag_schemas import TagName
from parties.tags import tag_key, tag_keys

# The instant of `review_due_at`; by way of UTC, because the result must not depend on the session.
REVIEW_DUE_AT: Final = (
    "COALESCE((COALESCE(GREATEST(last_activity_at, reviewed_at), created_at) AT TIME ZONE 'UTC'"
    " + make_interval(days => review_days)) AT TIME ZONE 'UTC',"
    " 'infinity'::timestamp with time zone)"
)
accounts = Table(
    "accounts",
    metadata,
    *record_columns(
        Account, without=("points", "addresses"), encrypted=("email",), of="l2o.account"
    ),
    name_key_column(),
    sort_column("annual_revenue", Double()),
    sort_column("employees", Double()),
    sort_column("last_activity_at", DateTime(timezone=True)),
    sort_column("grade", Text()),
    Column(
        "review_due_at_sort",
        DateTime(timezone=True),
        Computed(REVIEW_DUE_AT, persisted=True),
        nullable=False,
    ),
    Index(None, "tenant_id", "owner_id", "id"),
    Index(None, "tenant_id", "parent_id", "id"),
    Index(None, "tenant_id", "name_key"),
)

account_addresses = Table(
    "account_addresses",
    metadata,
    *record_columns(PartyAddress),
    Column("account_id", Uuid, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "account_id"], ["accounts.tenant_id", "accounts.id"], ondelete="CASCADE"
    ),
    Index(None, "tenant_id", "account_id", "position"),
)
POINTS = point_parts(metadata, of=accounts, resource="l2o.account", parent="account_id")
ADDRESSES = Parts(
    field="addresses",
    entity=PartyAddress,
    table=account_addresses,
    parent="account_id",
    order="position",
)
# Whoever owns an opportunity reads its account's card.
ACCOUNTS = ScopedResource(
    "l2o.account", accounts, seen_by_parts=(("l2o.opportunity", "account_id"),)
)


async def lock_hierarchy(tx: AsyncConnection) -> None:
    """Serialize changes of parents in a tenant; two at once could form a cycle."""
    await lock_key(tx, "l2o.account_hierarchy")


ACCOUNT = RecordType(
    scoped=ACCOUNTS,
    entity=Account,
    created=AccountCreated,
    changed=AccountChanged,
    deleted=AccountDeleted,
    restored=AccountRestored,
    assigned=AccountAssigned,
    lock_first=lock_hierarchy,
    parts=(POINTS, ADDRESSES),
)


def _in_region(code: str) -> ColumnElement[bool]:
    return begins_with(accounts.c.region_code, digits_of_region(code))


def _is_of_kind(kind: AccountKind) -> ColumnElement[bool]:
    return has_key(ACCOUNTS.resource, accounts.c.id, kind_key(kind))


def _has_tag(tag: str) -> ColumnElement[bool]:
    return has_key(ACCOUNTS.resource, accounts.c.id, tag_key(tag))


def _is_due_for_review(wanted: bool) -> ColumnElement[bool]:  # noqa: FBT001  # the filter's value
    due_at = accounts.c.review_due_at_sort
    return due_at <= func.now() if wanted else due_at > func.now()


LISTING = Listing(
    ACCOUNTS,
    AccountOut,
    entity=Account,
    filters=[
        "owner_id",
        "name",
        "phone",
        "parent_id",
        "industry",
        "industry_section",
        "company_size",
        "employees",
        CodeFilter("country", upper_case),
        CodeFilter("region_code", upper_case),
        Filter(name="region", kind=RegionCode, where=_in_region),
        CodeFilter("uscc", upper_case),
        CodeFilter("currency", upper_case),
        CodeFilter("payment_term_code", any_case),
        Filter(name="kind", kind=AccountKind, where=_is_of_kind),
        Filter(name="tag", kind=TagName, where=_has_tag),
        CodeFilter("grade", upper_case),
        "review_due_at",
        Filter(name="review_due", kind=bool, where=_is_due_for_review),
        "segment",
        CodeFilter("sales_process", upper_case),
        "email",
        "annual_revenue",
        "lead_id",
        "last_activity_at",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "name",
        "annual_revenue",
        "employees",
        "last_activity_at",
        "grade",
        "grade,name",
        "review_due_at",
        "grade,last_activity_at",
    ],
    words=["name"],
    contact_points=["phone", "email"],
    keys={
        "name": keys_of_company,
        "kinds": kind_keys,
        "website": domain_keys,
        "tags": tag_keys,
        "rule_tags": tag_keys,
    },
    custom=custom_conditions,
)


async def exists(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> bool:
    """Whether the account is visible and not deleted."""
    query = select(accounts.c.id).where(_is_visible(account_id, visibility))
    return (await tx.execute(query)).one_or_none() is not None


async def country_of(tx: AsyncConnection, account_id: UUID) -> str | None:
    """The country of an account, also of a deleted one; None without one."""
    query = select(accounts.c.country).where(accounts.c.id == account_id)
    country: str | None = (await tx.execute(query)).scalar_one_or_none()
    return country


async def lock_for_share(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> bool:
    """As `exists`; a shared lock keeps the account from being deleted until the commit."""
    query = select(accounts.c.id).where(_is_visible(account_id, visibility))
    return (await tx.execute(query.with_for_update(read=True))).one_or_none() is not None


async def lock_for_part(tx: AsyncConnection, account_id: UUID) -> bool:
    """As `exists`; nobody locks the account for a change until the commit.

    Any number of parts can be added at once: their locks do not exclude each other, nor the
    change of a column that is no key.
    """
    query = select(accounts.c.id).where(_is_visible(account_id, EVERYTHING))
    locked = query.with_for_update(read=True, key_share=True)
    return (await tx.execute(locked)).one_or_none() is not None


async def may_write(tx: AsyncConnection, account_id: UUID, visibility: Visibility) -> bool:
    """Whether a caller with this visibility may change the account."""
    writable = (accounts.c.id == account_id) & is_visible(ACCOUNTS, visibility, Access.WRITE)
    return (await tx.execute(select(accounts.c.id).where(writable))).one_or_none() is not None


async def lock_for_update(
    tx: AsyncConnection, account_id: UUID, visibility: Visibility = EVERYTHING
) -> Account | None:
    """Lock an account until the commit, and return it without its points and addresses.

    None if it is missing, deleted or not visible.
    """
    query = select(accounts).where(_is_visible(account_id, visibility)).with_for_update()
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else from_columns(Account, dict(row), points=(), addresses=())


def _is_visible(account_id: UUID, visibility: Visibility) -> ColumnElement[bool]:
    not_deleted = (accounts.c.id == account_id) & accounts.c.deleted_at.is_(None)
    return not_deleted & is_visible(ACCOUNTS, visibility)


async def lock_visible_by_name(
    tx: AsyncConnection, names: Collection[str], visibility: Visibility
) -> dict[str, list[UUID]]:
    """The ids of visible accounts by comparable name, several for a name that is not unique.

    Nobody can delete these accounts until the commit.
    """
    query = select(accounts.c.name_key, accounts.c.id).where(
        accounts.c.name_key.in_(sorted({comparable_name(name) for name in names})),
        accounts.c.deleted_at.is_(None) & is_visible(ACCOUNTS, visibility),
    )
    ids: dict[str, list[UUID]] = {}
    for row in await tx.execute(query.order_by(accounts.c.id).with_for_update(read=True)):
        ids.setdefault(row.name_key, []).append(row.id)
    return ids
