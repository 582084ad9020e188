"""A pool of leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from contracts.mtl.events import PoolMemberState, PoolState
from kernel.records import StoredRecord

# By which one could reach the person past the pool.
CONTACT_FIELDS: Final = (
    "phone",
    "work_phone",
    "other_phone",
    "email",
    "other_email",
    "wechat_id",
)


@dataclass(frozen=True)
class PoolMember:
    """A person, or a department with all below it, that may claim the leads of a pool."""

    person_id: UUID | None = None
    department_id: UUID | None = None

    @property
    def grantee_id(self) -> UUID | None:
        """The id under which a caller's visibility lists the member."""
        return self.person_id or self.department_id


@dataclass(frozen=True, kw_only=True)
class Pool(StoredRecord):
    """A pool of leads that nobody owns until a member claims them.

    `admin_ids` are the people who see all leads of the pool in full and assign them.
    `hidden_fields` are the fields of its leads that members see only once they own a lead.
    """

    name: str
    description: str | None = None
    active: bool = True
    members: tuple[PoolMember, ...] = ()
    admin_ids: tuple[UUID, ...] = ()
    hidden_fields: tuple[str, ...] = CONTACT_FIELDS
    daily_claim_limit: int | None = None

    @property
    def display_name(self) -> str:
        """What people call the pool."""
        return self.name

    def is_open_to(self, grantees: frozenset[UUID]) -> bool:
        """Return whether somebody with these ids (own, departments, teams) is a member."""
        return any(member.grantee_id in grantees for member in self.members)

    def without(self, person_id: UUID | None) -> Pool:
        """Return the pool without a person among its members and admins."""
        members = tuple(one for one in self.members if one.person_id != person_id)
        admins = tuple(one for one in self.admin_ids if one != person_id)
        return replace(self, members=members, admin_ids=admins)

    def has(self, person_id: UUID) -> bool:
        """Return whether a person is a member or an admin by themselves."""
        of_members = (one.person_id for one in self.members)
        return person_id in self.admin_ids or person_id in of_members

    def state(self) -> PoolState:
        """The pool in the form that events carry."""
        members = tuple(PoolMemberState.of(one) for one in self.members)
        return PoolState.of(self, pool_id=self.id, members=members)
