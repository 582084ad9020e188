"""How far a caller sees into a resource: all rows, or those of some owners and what was granted.

A record belongs to its owner: a token's subject. Others see it because they head a department the
owner is in, stand in for somebody who does or for the owner, are on the record's team, or because
it is shared with them, with their department or one above it, or with a team of theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, any_, cast, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY

from chassis.records.access.tables import grants


class Access(StrEnum):
    """What somebody may do with a record; who may write it may read it."""

    READ = "READ"
    WRITE = "WRITE"


class Plan(StrEnum):
    """How a list finds the rows a caller sees.

    ALL asks for no owner, FILTER reads along the sort and keeps what `visible` says, UNION asks
    for the first rows of each owner and of what was granted.
    """

    ALL = "ALL"
    FILTER = "FILTER"
    UNION = "UNION"


@dataclass(frozen=True)
class Reach:
    """What a caller sees of any resource; `everything` leaves the rest without meaning.

    `owners` are the subjects whose records the caller sees and may change, `lent` those of them
    whom the caller reaches only while standing in for somebody, `grantees` the ids
    (person, departments up to the root, teams) that records may be granted to. `widely` says that
    the owners are so many that filtering the sort index beats asking for each owner's rows.
    `today` is the tenant's business day: a share that ends by then holds no more.
    """

    everything: bool = False
    owners: tuple[str, ...] = ()
    lent: frozenset[str] = frozenset()
    grantees: tuple[UUID, ...] = ()
    widely: bool = False
    today: date = date.min


EVERYTHING = Reach(everything=True)


@dataclass(frozen=True)
class Scoped:
    """A resource whose rows belong to owners: `Scoped("l2o.account", accounts)`.

    Grants are looked up under the resource's own name and id, and under those of the records it
    belongs to: `Scoped("l2o.contact", contacts, of=(("l2o.account", "account_id"),))`.
    """

    resource: str
    table: Table
    owner: str = "owner_id"
    of: Sequence[tuple[str, str]] = ()

    @property
    def name(self) -> str:
        """What a record is called in `<NAME>_NOT_FOUND`."""
        return self.resource.split(".")[-1]

    @property
    def owner_column(self) -> Column[str]:
        column: Column[str] = self.table.c[self.owner]
        return column

    @property
    def granted_under(self) -> Sequence[tuple[str, Column[UUID]]]:
        """The resource names that grants may stand under, each with the column of its id."""
        return [(self.resource, self.table.c["id"]), *((r, self.table.c[c]) for r, c in self.of)]


def plan_of(reach: Reach) -> Plan:
    """The cheapest way to a page of what this caller sees."""
    if reach.everything:
        return Plan.ALL
    return Plan.FILTER if reach.widely else Plan.UNION


def owned(scoped: Scoped, reach: Reach) -> ColumnElement[bool]:
    """Whether a row belongs to one of the owners the caller reaches."""
    column = scoped.owner_column
    return column == any_(cast(list(reach.owners), ARRAY(column.type)))


def granted_ids(resource: str, reach: Reach, access: Access = Access.READ) -> Select[tuple[UUID]]:
    """The ids of the records of this resource that were granted to the caller, and still are."""
    kept = (
        grants.c.resource == resource,
        grants.c.grantee_id == any_(cast(list(reach.grantees), ARRAY(grants.c.grantee_id.type))),
        or_(grants.c.until_date.is_(None), grants.c.until_date > reach.today),
    )
    found = select(grants.c.record_id).where(*kept)
    return found if access is Access.READ else found.where(grants.c.access == access.value)


def visible(scoped: Scoped, reach: Reach, access: Access = Access.READ) -> ColumnElement[bool]:
    """The rows of a SELECT on the resource's table that the caller sees, or may change."""
    if reach.everything:
        return true()
    return or_(
        owned(scoped, reach),
        *(
            column.in_(granted_ids(resource, reach, access))
            for resource, column in scoped.granted_under
        ),
    )
