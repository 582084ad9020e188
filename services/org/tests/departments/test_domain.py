"""Moves keep the departments a tree, and a person has one primary post."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.org.events import Post
from kernel.errors import Conflict
from org.departments.domain import Department, normalize_posts
from services.org.tests.factories import NOW

NODES = [UUID(int=n) for n in range(1, 9)]


def a_department(id_: UUID, parent_id: UUID | None = None) -> Department:
    return Department(
        id=id_, name=str(id_.int), parent_id=parent_id, created_at=NOW, updated_at=NOW
    )


def self_and_ancestors(tree: Mapping[UUID, Department], id_: UUID | None) -> list[UUID]:
    new_parent_line: list[UUID] = []
    while id_ is not None:
        assert id_ not in new_parent_line, "a ring"
        new_parent_line.append(id_)
        id_ = tree[id_].parent_id
    return new_parent_line


@given(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from([None, *NODES])), max_size=40))
def test_no_sequence_of_moves_makes_a_cycle(moves: list[tuple[UUID, UUID | None]]) -> None:
    tree = {id_: a_department(id_) for id_ in NODES}
    for id_, parent_id in moves:
        new_parent_line = self_and_ancestors(tree, parent_id)
        if id_ in new_parent_line:
            with pytest.raises(Conflict, match="DEPARTMENT_CYCLE"):
                tree[id_].moved(parent_id, new_parent_line=new_parent_line)
            continue
        tree[id_], moved = tree[id_].moved(parent_id, new_parent_line=new_parent_line)
        assert moved.department.parent_id == parent_id
    for id_ in NODES:
        self_and_ancestors(tree, id_)


@pytest.mark.parametrize(
    ("flags", "primary"),
    [((False,), 0), ((False, True), 1), ((False, False), 0), ((True, True), 0)],
)
def test_exactly_one_post_is_primary(flags: tuple[bool, ...], primary: int) -> None:
    posts = [Post(department_id=NODES[n], primary=flag) for n, flag in enumerate(flags)]
    normalized = normalize_posts(posts)
    assert [post.primary for post in normalized] == [True, *[False] * (len(flags) - 1)]
    assert normalized[0].department_id == NODES[primary]


def test_no_posts_give_no_primary_post() -> None:
    assert normalize_posts([]) == ()
