"""A department, its moves in the tree, and the posts of a person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from contracts.org.events import DepartmentMoved, DepartmentState, Post
from kernel.errors import Conflict
from kernel.records import StoredRecord


@dataclass(frozen=True, kw_only=True)
class Department(StoredRecord):
    """A node of the tree; a root has no parent. `manager_id` is the head of the department."""

    name: str
    code: str | None = None
    parent_id: UUID | None = None
    manager_id: UUID | None = None
    active: bool = True

    def moved(
        self, parent_id: UUID | None, *, new_parent_line: Collection[UUID]
    ) -> tuple[Department, DepartmentMoved]:
        """Return the department below another parent, and its event.

        `new_parent_line` holds the new parent and all departments above it.
        Raises Conflict (DEPARTMENT_CYCLE) for a move below itself or one of its sub-departments.
        """
        if self.id in new_parent_line:
            raise Conflict("DEPARTMENT_CYCLE", department_id=str(self.id), parent_id=str(parent_id))
        after = replace(self, parent_id=parent_id)
        return after, DepartmentMoved(department=after.state(), from_parent_id=self.parent_id)

    def state(self) -> DepartmentState:
        """Return the whole state as events carry it."""
        return DepartmentState.of(self, department_id=self.id)


@dataclass(frozen=True, kw_only=True)
class DepartmentMove:
    """An entry in the history of a department: its parents before and after, and the reason."""

    id: UUID
    department_id: UUID
    from_parent_id: UUID | None
    to_parent_id: UUID | None
    reason: str | None
    moved_by: str
    moved_at: datetime


def normalize_posts(posts: Collection[Post]) -> tuple[Post, ...]:
    """Return the posts with exactly one primary post, the first one marked so or else the first."""
    ordered = tuple(posts)
    primary_index = next((n for n, post in enumerate(ordered) if post.primary), 0)
    normalized = (
        Post(department_id=post.department_id, title=post.title, primary=n == primary_index)
        for n, post in enumerate(ordered)
    )
    return tuple(sorted(normalized, key=lambda post: (not post.primary, post.department_id)))
