"""Tests of normalized spelling, pinyin initials and bigrams."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.records.search.spelling import (
    MAX_SEARCHED_LENGTH,
    bigrams_of,
    normalize,
    pinyin_initials,
    search_terms,
    search_text_of,
)

EQUIVALENT = [
    ("華為技術有限公司", "华为技术有限公司"),
    ("ＧＴＸ　Ｐｒｏ", "gtx pro"),
    ("GTX-Pro", "gtxpro"),
    ("北京（中国）银行", "北京中国银行"),
    ("Straße", "STRASSE"),
    ("①号店", "1号店"),
]


@pytest.mark.parametrize(("first", "second"), EQUIVALENT)
def test_equivalent_names_are_normalized_alike(first: str, second: str) -> None:
    assert normalize(first) == normalize(second)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("长沙银行", "csyh"),
        ("華為技術", "hwjs"),
        ("上海GTX公司", "shgtxgs"),
        ("Acme", ""),
        ("", ""),
        ("123", ""),
    ],
)
def test_pinyin_initials_of_chinese_names(name: str, letters: str) -> None:
    assert pinyin_initials(name) == letters


def test_the_search_text_has_a_line_for_each_name_and_its_initials() -> None:
    assert search_text_of(["长沙银行", None, "", "ACME", "acme"]) == "长沙银行\ncsyh\nacme"
    assert search_text_of([None, " ! "]) == ""
    assert search_text_of(["x" * 999]) == "x" * MAX_SEARCHED_LENGTH


def test_bigrams_do_not_cross_lines() -> None:
    assert bigrams_of("ab\nc") == {"ab", "b", "c"}
    assert bigrams_of("") == set()


def test_search_terms_are_normalized_and_unique() -> None:
    assert search_terms(" 華為  GTX-Pro gtxpro ") == ["华为", "gtxpro"]
    assert search_terms(" ! ") == []


@given(st.text(max_size=40))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(alphabet="ab长沙cＡ é", min_size=1, max_size=12), st.data())
def test_the_grams_of_every_part_of_a_name_are_among_its_grams(
    name: str, data: st.DataObject
) -> None:
    line = normalize(name)
    if not line:
        return
    start = data.draw(st.integers(0, len(line) - 1))
    part = line[start : data.draw(st.integers(start + 1, len(line)))]
    grams = bigrams_of(line)
    if len(part) == 1:
        assert any(gram.startswith(part) for gram in grams)
    else:
        assert {part[n : n + 2] for n in range(len(part) - 1)} <= grams
