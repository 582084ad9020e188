"""Visibility: which records of a resource a caller sees, by their owners and by grants.

A record belongs to its owner, who is identified by a token's subject. Others see it because they
manage a department that the owner is in or one above it, are the substitute of such a manager or
of the owner, are on the record's team, or because it is shared with them, with their department or
one above it, or with one of their teams.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.tables import grants
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
    the tenant's business day, by which expired grants are left out.
    """

    everything: bool = False
    owners: tuple[str, ...] = ()
    via_substitution: frozenset[str] = frozenset()
    grantees: tuple[UUID, ...] = ()
    granted: frozenset[str] | None = None
    prefer_filter: bool = False
    today: date = date.min


EVERYTHING = Visibility(everything=True)


@dataclass(frozen=True)
class ScopedResource:
    """A resource whose rows belong to owners: `ScopedResource("l2o.account", accounts)`.

    Grants are looked up under the resource's own name and id, and under those of the records it
    belongs to: `ScopedResource("l2o.contact", contacts, of=(("l2o.account", "account_id"),))`.
    `part_of` names the record without which a row does not change (`records.access.parents`), and
    the column of its id. `seen_with` are the resources of records, each with the column of its id:
    whoever sees one of them sees its parts too, whoever owns them; a part is changed by its own
    owner and the managers of that one. A list shows all parts of the records that it names; one
    that names none shows the parts that belong to the caller or their people, or are shared.
    """

    resource: str
    table: Table
    owner: str = "owner_id"
    of: Sequence[tuple[str, str]] = ()
    part_of: tuple[str, str] | None = None
    seen_with: "Sequence[tuple[ScopedResource, str]]" = ()

    @property
    def name(self) -> str:
        """The last part of the resource's name, as in the error code `<NAME>_NOT_FOUND`."""
        return self.resource.split(".")[-1]

    @property
    def owner_column(self) -> Column[str]:
        column: Column[str] = self.table.c[self.owner]
        return column

    @property
    def granted_under(self) -> Sequence[tuple[str, Column[UUID]]]:
        """The resource names under which grants are stored, each with the column of its id."""
        return [(self.resource, self.table.c["id"]), *((r, self.table.c[c]) for r, c in self.of)]

    @property
    def by_itself(self) -> "ScopedResource":
        """The resource whose rows are seen by their own owners and grants only."""
        return replace(self, seen_with=())

    @property
    def seen_under(self) -> "Sequence[tuple[ScopedResource, Column[UUID]]]":
        """The resources of `seen_with`, each with the column of its id."""
        return [(parent, self.table.c[name]) for parent, name in self.seen_with]


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
    resource: str, visibility: Visibility, access: Access = Access.READ
) -> Select[tuple[UUID]]:
    """Return a query for the ids of a resource's records that are granted to the caller now."""
    valid = (
        grants.c.resource == resource,
        is_one_of(grants.c.grantee_id, visibility.grantees),
        or_(grants.c.until_date.is_(None), grants.c.until_date > visibility.today),
    )
    ids = select(grants.c.record_id).where(*valid)
    return ids if access is Access.READ else ids.where(grants.c.access == access.value)


def grants_of(scoped: ScopedResource, visibility: Visibility) -> Sequence[tuple[str, Column[UUID]]]:
    """Return what `granted_under` does, without resources of which the caller has no grants."""
    known = visibility.granted
    return [one for one in scoped.granted_under if known is None or one[0] in known]


def is_visible(
    scoped: ScopedResource, visibility: Visibility, access: Access = Access.READ
) -> ColumnElement[bool]:
    """Return the condition that the caller sees, or may change, a row of the resource's table."""
    if visibility.everything:
        return true()
    through_parent = access is Access.READ
    return or_(
        is_owned(scoped, visibility),
        *(
            column.in_(granted_record_ids(resource, visibility, access))
            for resource, column in grants_of(scoped, visibility)
        ),
        *(is_part_of_visible(scoped, visibility) if through_parent else ()),
    )


def is_part_of_visible(
    scoped: ScopedResource, visibility: Visibility
) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions by which the caller sees a record with which a row is seen.

    One of them is enough. Each can be met by an index, which an OR of them could not.
    """
    for parent, parent_id in scoped.seen_under:
        key = parent.table.c["id"]
        # EXISTS, because IN would read all records that the caller sees if it stands in an OR.
        is_parent = select(key).where(key == parent_id).correlate(scoped.table)
        yield is_parent.where(is_owned(parent, visibility)).exists()
        for resource, column in grants_of(parent, visibility):
            granted = column.in_(granted_record_ids(resource, visibility))
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
        prefer_filter=_prefer_filter(len(row.owners), row.people),
        today=row.today,
    )


def sees_everything(principal: Principal, resource: str) -> bool:
    """Whether the caller sees every row of this resource."""
    return principal.kind == "client" or principal.may(f"{resource}.all")


def _prefer_filter(owners: int, people: int) -> bool:
    return owners >= FILTER_FROM_OWNERS and owners * FILTER_FROM_SHARE >= people
