"""A department and its place in the tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.org.events import (
    DepartmentChanged,
    DepartmentDeleted,
    DepartmentMoved,
    DepartmentState,
    Post,
)
from kernel.errors import Conflict


@dataclass(frozen=True, kw_only=True)
class Department:
    """A node of the tree; a root has no parent. `manager_id` is the person who heads it."""

    id: UUID
    name: str
    code: str | None = None
    parent_id: UUID | None = None
    manager_id: UUID | None = None
    active: bool = True
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def changed(self, after: Department, *, now: datetime) -> tuple[Department, DepartmentChanged]:
        """The department as it stands after an edit of name, code, manager or activity."""
        after = replace(after, updated_at=now)
        return after, DepartmentChanged(department=after.state())

    def moved(
        self, parent_id: UUID | None, *, above: Collection[UUID], now: datetime
    ) -> tuple[Department, DepartmentMoved]:
        """The department below another parent; `above` is that parent with all above it.

        Raises Conflict (DEPARTMENT_CYCLE) below itself or below its own child.
        """
        if self.id in above:
            raise Conflict("DEPARTMENT_CYCLE", department_id=str(self.id), parent_id=str(parent_id))
        after = replace(self, parent_id=parent_id, updated_at=now)
        return after, DepartmentMoved(department=after.state(), from_parent_id=self.parent_id)

    def deleted(self, *, now: datetime) -> tuple[Department, DepartmentDeleted]:
        """The department as others hear of it for the last time, one version on."""
        last = replace(self, updated_at=now, version=self.version + 1)
        return last, DepartmentDeleted(department=last.state())

    def state(self) -> DepartmentState:
        """The department as others see it."""
        return DepartmentState(
            department_id=self.id,
            name=self.name,
            code=self.code,
            parent_id=self.parent_id,
            manager_id=self.manager_id,
            active=self.active,
            custom_fields=dict(self.custom_fields),
        )


@dataclass(frozen=True, kw_only=True)
class Move:
    """A line of a department's history: where it stood before and after, and why it moved."""

    id: UUID
    department_id: UUID
    from_parent_id: UUID | None
    to_parent_id: UUID | None
    reason: str | None
    moved_by: str
    moved_at: datetime


def with_one_primary(posts: Collection[Post]) -> tuple[Post, ...]:
    """The posts, the one primary first: the one that says so, else the first that is named."""
    ordered = tuple(posts)
    chosen = next((n for n, post in enumerate(ordered) if post.primary), 0)
    plain = (
        Post(department_id=post.department_id, title=post.title, primary=n == chosen)
        for n, post in enumerate(ordered)
    )
    return tuple(sorted(plain, key=lambda post: (not post.primary, post.department_id)))
