"""Visibility: which records of a resource a caller sees, by their owners and by grants.

A record belongs to its owner, who is identified by a token's subject. Others see it because they
manage a department that the owner is in or one above it, are the substitute of such a manager or
of the owner, are on the record's team, or because it is shared with them, with their department or
one above it, or with one of their teams. Implicitly they see a record because they see the one
that it hangs on, as a quote on its account (`seen_with`, `of`), or one that hangs on it
(`seen_by_parts`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.named_tables import find_related_table
from chassis.database.rows import is_one_of
from chassis.records.access.tables import grant_copies, grants
from chassis.records.access.visibility_query import VISIBILITY
from chassis.web.auth import Principal


class Access(StrEnum):
    """What somebody may do with a record; WRITE includes READ."""

    READ = "READ"
    WRITE = "WRITE"


class ListPlan(StrEnum):
    """How a list finds the rows that a caller sees.

    ALL: no condition on owners. FILTER: read the sort index and filter by `is_visible`. UNION:
    take the first rows of each owner and of the granted records, and sort these.
    """

    ALL = "ALL"
    FILTER = "FILTER"
    UNION = "UNION"


@dataclass(frozen=True)
class Visibility:
    """What a caller sees of any resource; with `everything` the other fields have no meaning.

    `owners` are the subjects whose records the caller sees and may change; `via_substitution` are
    those of them whom the caller sees only as a substitute of an absent person. `grantees` are the
    ids (person, departments up to the root, teams) that records may be granted to, and `granted`
    names the resources of which they have grants now; None means any. `prefer_filter` means that
    the owners are so many that filtering the sort index is faster than a query for each. `today` is
    the tenant's business day, by which expired grants are left out. `separate` are the resources
    whose records the tenant keeps from those who merely see what they hang on.
    """

    everything: bool = False
    owners: tuple[str, ...] = ()
    via_substitution: frozenset[str] = frozenset()
    grantees: tuple[UUID, ...] = ()
    granted: frozenset[str] | None = None
    prefer_filter: bool = False
    today: date = date.min
    separate: frozenset[str] = frozenset()


EVERYTHING = Visibility(everything=True)


@dataclass(frozen=True)
class ScopedResource:
    """A resource whose rows belong to owners: `ScopedResource("l2o.account", accounts)`.

    Grants are looked up under the resource's own name and id, and under those of the records it
    belongs to: `ScopedResource("l2o.contact", contacts, of=(("l2o.account", "account_id"),))`.
    `part_of` names the record without which a row does not change (`records.access.parents`), and
    the column of its id. `seen_with` are further such pairs: whoever sees that record may read the
    rows that hang on it, whoever owns them; they are changed by their own owners and the managers
    of those. A list shows all rows of the records that it names; one that names none shows the rows
    that belong to the caller or their people, or are shared. `seen_by_parts` names the resources,
    each with the column of this one's id, whose owners may read the record that theirs hang on.
    """

    resource: str
    table: Table
    owner: str = "owner_id"
    of: Sequence[tuple[str, str]] = ()
    part_of: tuple[str, str] | None = None
    seen_with: tuple[tuple[str, str], ...] = ()
    seen_by_parts: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The last part of the resource's name, as in the error code `<NAME>_NOT_FOUND`."""
        return self.resource.split(".")[-1]

    @property
    def owner_column(self) -> Column[str]:
        column: Column[str] = self.table.c[self.owner]
        return column

    @property
    def granted_under(self) -> Sequence["GrantedUnder"]:
        """Where the grants of a row are stored: its own first, then those of what it belongs to."""
        return [
            GrantedUnder(name, self.table.c[key], self._grants(name))
            for name, key in ((self.resource, "id"), *self.of)
        ]

    def _grants(self, resource: str) -> Table:
        """The table with the grants of a resource: the service's own, or those of another one."""
        is_own = resource.partition(".")[0] == self.resource.partition(".")[0]
        return grants if is_own and "epoch" not in self.table.c else grant_copies

    @property
    def by_itself(self) -> "ScopedResource":
        """The resource whose rows are seen by their own owners and grants only."""
        return replace(self, seen_with=())


class GrantedUnder(NamedTuple):
    """Under which resource a row has grants: the column of the record's id, and their table."""

    resource: str
    key: Column[UUID]
    grants: Table


@dataclass(frozen=True)
class UnownedResource:
    """A resource without owners: every caller of the tenant with the scope sees all its rows."""

    resource: str
    table: Table

    @property
    def name(self) -> str:
        """The last part of the resource's name, as in the error code `<NAME>_NOT_FOUND`."""
        return self.resource.split(".")[-1]


def list_plan(visibility: Visibility) -> ListPlan:
    """Return the cheapest plan for a page of what this caller sees."""
    if visibility.everything:
        return ListPlan.ALL
    return ListPlan.FILTER if visibility.prefer_filter else ListPlan.UNION


def is_owned(scoped: ScopedResource, visibility: Visibility) -> ColumnElement[bool]:
    """Return the condition that a row belongs to one of the owners whom the caller sees."""
    column = scoped.owner_column
    return is_one_of(column, visibility.owners)


def granted_record_ids(
    under: GrantedUnder, visibility: Visibility, access: Access = Access.READ
) -> Select[tuple[UUID]]:
    """Return a query for the ids of a resource's records that are granted to the caller now."""
    columns = under.grants.c
    valid = (columns.resource == under.resource, *is_granted(under.grants, visibility))
    ids = select(columns.record_id).where(*valid)
    return ids if access is Access.READ else ids.where(columns.access == access.value)


def is_granted(table: Table, visibility: Visibility) -> Sequence[ColumnElement[bool]]:
    """Return the conditions that a grant of this table is one to the caller, and valid now."""
    columns = table.c
    present = (~columns.deleted,) if "deleted" in columns else ()
    is_valid = or_(columns.until_date.is_(None), columns.until_date > visibility.today)
    return (is_one_of(columns.grantee_id, visibility.grantees), is_valid, *present)


def grants_of(scoped: ScopedResource, visibility: Visibility) -> Sequence[GrantedUnder]:
    """Return what `granted_under` does, without resources of which the caller has no grants."""
    known, under = visibility.granted, grants_under(scoped, visibility)
    return [one for one in under if known is None or one.resource in known]


def grants_under(scoped: ScopedResource, visibility: Visibility) -> Sequence[GrantedUnder]:
    """Return where anybody's grants of a row are stored, as far as the tenant lets them count."""
    under = scoped.granted_under
    return under[:1] if scoped.resource in visibility.separate else under


def seen_with(
    scoped: ScopedResource, visibility: Visibility
) -> Iterator[tuple[ScopedResource, Column[UUID]]]:
    """Yield with what rows are seen in the caller's tenant, each with the rows' column of it."""
    if scoped.resource not in visibility.separate:
        for resource, column in scoped.seen_with:
            yield related_resource(scoped, resource), scoped.table.c[column]


def related_resource(scoped: ScopedResource, resource: str) -> ScopedResource:
    """Return a resource whose records hang on those of another one, or the other way round.

    It is read from the tables of the same service, which may be copies.
    """
    return ScopedResource(resource, find_related_table(scoped.table, resource))


def is_visible(
    scoped: ScopedResource, visibility: Visibility, access: Access = Access.READ
) -> ColumnElement[bool]:
    """Return the condition that the caller sees, or may change, a row of the resource's table."""
    if visibility.everything:
        return true()
    return or_(
        is_owned(scoped, visibility),
        *(
            under.key.in_(granted_record_ids(under, visibility, access))
            for under in grants_of(scoped, visibility)
        ),
        *(is_part_of_visible(scoped, visibility) if access is Access.READ else ()),
    )


def is_part_of_visible(
    scoped: ScopedResource, visibility: Visibility
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions by which the caller sees a record that a row hangs on.

    One of them is enough. Each can be met by an index, which an OR of them could not.
    """
    for parent, parent_id in seen_with(scoped, visibility):
        key = parent.table.c["id"]
        # EXISTS, because IN would read all records that the caller sees if it stands in an OR.
        is_parent = select(key).where(key == parent_id).correlate(scoped.table)
        yield is_parent.where(is_owned(parent, visibility)).exists()
        for under in grants_of(parent, visibility):
            granted = under.key.in_(granted_record_ids(under, visibility))
            yield is_parent.where(granted).exists()


# From how many owners, and from which share of all people (one in 20), a list filters the sort
# index. Measured with 200,000 rows of 1,000 people and pages of 50: a query per owner costs 0.04 ms
# each (5 owners: 1.3 ms, 50: 2.6, 500: 20, 1,000: 40); filtering the sort index reads 51 / share
# rows (5 owners of 1,000: 4 to 7 ms, 50: 0.9 to 2, 500 and more: 1.4 to 2.2), but the whole index
# if it holds no row of these owners.
FILTER_FROM_OWNERS = 64
FILTER_FROM_SHARE = 20


async def visibility_of(
    tx: AsyncConnection, principal: Principal, resource: str, now: datetime
) -> Visibility:
    """Return what this caller sees of a resource such as `l2o.account`.

    Service clients and callers with the scope `<resource>.all` see every row. Substitution is not
    transitive: a substitute's substitute sees nothing of the first person. An inactive person sees
    nothing; a person whom the directory does not know (yet) sees their own records.
    """
    if sees_everything(principal, resource):
        return EVERYTHING
    return await directory_visibility(tx, principal.subject, now)


async def directory_visibility(tx: AsyncConnection, subject: str, now: datetime) -> Visibility:
    """Return what a person sees by the directory alone, whatever scopes they hold."""
    values: dict[str, Any] = {"subject": subject, "now": now}
    row = (await tx.execute(VISIBILITY, values)).one()
    return Visibility(
        owners=tuple(row.owners),
        via_substitution=frozenset(row.via_substitution),
        grantees=tuple(row.grantees),
        granted=frozenset(row.granted),
        separate=frozenset(row.separate),
        prefer_filter=_prefer_filter(len(row.owners), row.people),
        today=row.today,
    )


def sees_everything(principal: Principal, resource: str) -> bool:
    """Whether the caller sees every row of this resource."""
    return principal.kind == "client" or principal.may(f"{resource}.all")


def _prefer_filter(owners: int, people: int) -> bool:
    return owners >= FILTER_FROM_OWNERS and owners * FILTER_FROM_SHARE >= people
