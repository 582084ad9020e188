"""Candidates: names that are alike share a key, and a search finds few others."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.parties.tests.make_company_pairs import Maker
from libs.parties.tests.test_similarity import committed_pairs
from parties.candidate_keys import searched_keys, stored_keys
from parties.company_names import parse_company_name
from parties.similarity import compare

NAMES_IN_STORE, SEARCHES = 5_000, 500


def is_found(left: str, right: str) -> bool:
    """Whether a search for the left name finds the right one."""
    keys = searched_keys(parse_company_name(left))
    return not keys.isdisjoint(stored_keys(parse_company_name(right)))


def test_whatever_is_taken_for_one_company_is_a_candidate() -> None:
    lost = [
        (left, right)
        for _, left, right, _ in committed_pairs()
        if compare(parse_company_name(left), parse_company_name(right)).is_same
        and not (is_found(left, right) and is_found(right, left))
    ]
    assert lost == []


LETTERS = st.text("华信达瑞恒泰", min_size=2, max_size=5)
WORDS = st.lists(st.text("abc", min_size=3, max_size=6), min_size=1, max_size=3).map(" ".join)


@given(st.one_of(st.tuples(LETTERS, LETTERS), st.tuples(WORDS, WORDS)))
def test_names_that_are_alike_find_each_other(names: tuple[str, str]) -> None:
    left, right = names
    if compare(parse_company_name(left), parse_company_name(right)).is_same:
        assert is_found(left, right)
        assert is_found(right, left)


def test_a_search_finds_few_others() -> None:
    """Among 5,000 names of 60 syllables, more alike than real ones, it finds 1 in 200."""
    maker = Maker(1)
    stored: dict[str, set[int]] = defaultdict(set)
    for number in range(NAMES_IN_STORE):
        for key in stored_keys(parse_company_name(maker.company().full)):
            stored[key].add(number)
    found = 0
    for _ in range(SEARCHES):
        keys = searched_keys(parse_company_name(maker.company().full))
        found += len(set().union(*(stored[key] for key in keys if key in stored)))
    assert found / SEARCHES <= NAMES_IN_STORE / 200


@pytest.mark.parametrize(
    ("name", "most"), [("杭州远景科技有限公司", 4), ("上海盛鼎恒泰房地产开发有限公司", 10)]
)
def test_a_name_is_stored_under_few_keys(name: str, most: int) -> None:
    assert len(stored_keys(parse_company_name(name))) <= most
