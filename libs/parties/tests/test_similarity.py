"""How alike two company names are, judged by pairs that were written before the matcher."""

import csv
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.parties.tests.make_company_pairs import FILE, pairs
from parties.company_names import parse_company_name
from parties.similarity import Reason, Similarity, compare


class Pair(NamedTuple):
    kind: str
    left: str
    right: str
    same: str


def committed_pairs() -> list[Pair]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return [Pair(*row) for row in csv.reader(file)][1:]


def similarity(left: str, right: str) -> Similarity:
    return compare(parse_company_name(left), parse_company_name(right))


def test_the_pairs_are_those_of_their_seed() -> None:
    assert committed_pairs() == [Pair(*one) for one in pairs()]


def test_there_are_a_thousand_pairs_of_either_outcome_and_five_kinds_of_the_same() -> None:
    found = committed_pairs()
    assert Counter(one.same for one in found) == {"0": 1_100, "1": 1_100}
    assert len({one.kind for one in found if one.same == "1"}) == 5


def test_recall_and_precision_on_the_pairs() -> None:
    """The reach is a recall of 0.95 at a precision of 0.9, with one threshold."""
    outcomes = Counter(
        (one.same == "1", similarity(one.left, one.right).is_same) for one in committed_pairs()
    )
    hits = outcomes[True, True]
    assert hits / (hits + outcomes[True, False]) >= 0.98
    assert hits / (hits + outcomes[False, True]) >= 0.98


@pytest.mark.parametrize("kind", sorted({one.kind for one in committed_pairs()}))
def test_no_kind_of_pair_is_mostly_taken_wrongly(kind: str) -> None:
    of_kind = [one for one in committed_pairs() if one.kind == kind]
    right = [one for one in of_kind if similarity(*one[1:3]).is_same is (one.same == "1")]
    assert len(right) / len(of_kind) >= 0.9


@pytest.mark.parametrize(
    ("left", "right", "score", "reasons"),
    [
        (
            "杭州远景科技有限公司",
            "远景科技（杭州）股份有限公司",
            1.0,
            (Reason.BRAND_EQUAL, Reason.LINE_EQUAL, Reason.REGION_EQUAL),
        ),
        (
            "杭州远景科技有限公司",
            "上海远景科技有限公司",
            0.7,
            (Reason.BRAND_EQUAL, Reason.LINE_EQUAL, Reason.REGION_OTHER),
        ),
        (
            "杭州远景科技有限公司",
            "远景物流",
            0.65,
            (Reason.BRAND_EQUAL, Reason.LINE_OTHER, Reason.REGION_MISSING),
        ),
        (
            "华信达贸易",
            "华鑫达贸易",
            0.95,
            (Reason.BRAND_SOUNDS_EQUAL, Reason.LINE_EQUAL, Reason.REGION_MISSING),
        ),
        (
            "Huawei Technologies Co., Ltd.",
            "华为技术有限公司",
            0.95,
            (Reason.BRAND_SOUNDS_EQUAL, Reason.LINE_MISSING, Reason.REGION_MISSING),
        ),
        (
            "International Business Machines Corporation",
            "IBM",
            0.85,
            (Reason.BRAND_ACRONYM, Reason.LINE_MISSING, Reason.REGION_MISSING),
        ),
        (
            "盛鼎恒房地产开发有限公司",
            "盛鼎恒房地",
            1.0,
            (Reason.BRAND_EQUAL, Reason.LINE_EQUAL, Reason.REGION_MISSING),
        ),
    ],
)
def test_a_score_has_reasons(
    left: str, right: str, score: float, reasons: tuple[Reason, ...]
) -> None:
    assert similarity(left, right) == Similarity(score, reasons)


NAMES = st.one_of(
    st.sampled_from([one for pair in committed_pairs()[::40] for one in pair[1:3]]), st.text()
)


@given(NAMES, NAMES)
def test_the_order_of_two_names_does_not_matter(left: str, right: str) -> None:
    assert similarity(left, right) == similarity(right, left)


@given(NAMES)
def test_a_name_is_its_own_likeness(name: str) -> None:
    assert similarity(name, name).score == 1.0
