"""The tree, whatever is moved where."""

from collections.abc import Mapping
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.org.events import Post
from kernel.errors import Conflict
from org.departments.domain import Department, with_one_primary
from services.org.tests.factories import NOW

NODES = [UUID(int=n) for n in range(1, 9)]


def a_department(key: UUID, parent_id: UUID | None = None) -> Department:
    return Department(
        id=key, name=str(key.int), parent_id=parent_id, created_at=NOW, updated_at=NOW
    )


def with_all_above(tree: Mapping[UUID, Department], key: UUID | None) -> list[UUID]:
    above: list[UUID] = []
    while key is not None:
        assert key not in above, "a ring"
        above.append(key)
        key = tree[key].parent_id
    return above


@given(st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from([None, *NODES])), max_size=40))
def test_no_sequence_of_moves_closes_a_ring(moves: list[tuple[UUID, UUID | None]]) -> None:
    tree = {key: a_department(key) for key in NODES}
    for key, parent_id in moves:
        above = with_all_above(tree, parent_id)
        if key in above:
            with pytest.raises(Conflict, match="DEPARTMENT_CYCLE"):
                tree[key].moved(parent_id, above=above, now=NOW)
            continue
        tree[key], moved = tree[key].moved(parent_id, above=above, now=NOW)
        assert moved.department.parent_id == parent_id
    for key in NODES:
        with_all_above(tree, key)


@pytest.mark.parametrize(
    ("flags", "primary"),
    [((False,), 0), ((False, True), 1), ((False, False), 0), ((True, True), 0)],
)
def test_one_post_is_the_primary_one(flags: tuple[bool, ...], primary: int) -> None:
    posts = [Post(department_id=NODES[n], primary=flag) for n, flag in enumerate(flags)]
    kept = with_one_primary(posts)
    assert [post.primary for post in kept] == [True, *[False] * (len(flags) - 1)]
    assert kept[0].department_id == NODES[primary]


def test_no_post_is_no_primary_post() -> None:
    assert with_one_primary([]) == ()
