"""Names are compared in one form, whatever their spelling."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.names import comparable_name

TWINS = [
    "L'Oréal Café Group",
    unicodedata.normalize("NFD", "L'Oréal Café Group"),
    "L’ORÉAL CAFÉ GROUP",
    "l‘oréal café group",
    "L'Oréal  Café\u00a0Group ",
    "Ｌ＇Ｏｒéａｌ　Ｃａｆé　Ｇｒｏｕｐ",
    "L\u02bcOréal\tCafé\u3000Group",
    "L'Or\u00e9al\u200b Caf\u00e9 Group",
]


def test_eight_spellings_of_a_name_are_equal() -> None:
    assert len(set(TWINS)) == 8
    assert {comparable_name(name) for name in TWINS} == {"l'oréal café group"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("上海示例（集团）有限公司", "上海示例(集团)有限公司"),
        ("Müller–Lüdenscheidt", "MÜLLER-LÜDENSCHEIDT"),
        ("Straße", "STRASSE"),
        ("“Acme” Ltd", '"ACME" ltd'),
        ("ＡＢＣ公司", "abc公司"),
    ],
)
def test_two_spellings_are_equal(one: str, other: str) -> None:
    assert comparable_name(one) == comparable_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Cafe", "Café"), ("AB", "A B"), ("Acme Ltd", "Acme, Ltd"), ("台湾公司", "臺灣公司")],
)
def test_different_names_stay_different(one: str, other: str) -> None:
    assert comparable_name(one) != comparable_name(other)


@given(st.text(max_size=40))
def test_the_form_of_a_form_is_itself(name: str) -> None:
    form = comparable_name(name)
    assert comparable_name(form) == form
    assert comparable_name(unicodedata.normalize("NFD", name)) == form
