"""Regions by GB/T 2260, and their names at the beginning of a text."""

import pytest

from parties.regions import (
    CITY,
    COUNTY,
    PROVINCE,
    is_within,
    region_at_start,
    region_of_text,
    region_path,
    regions,
)


def test_all_provinces_are_known() -> None:
    provinces = [one for one in regions() if one.level == PROVINCE]
    assert len(provinces) == 34
    assert {one.short for one in provinces} >= {"北京", "广西", "内蒙古", "新疆", "台湾", "香港"}


def test_regions_of_the_past_are_left_out() -> None:
    by_code = {one.code: one.name for one in regions()}
    assert len(by_code) == len(regions())
    assert by_code["120110"] == "东丽区"  # until 1991 东郊区
    assert "110103" not in by_code  # 崇文区, until 2010


@pytest.mark.parametrize(
    ("text", "code", "level", "rest"),
    [
        ("杭州市余杭区远景科技", "330100", CITY, "余杭区远景科技"),
        ("杭州远景科技", "330100", CITY, "远景科技"),
        ("昆山三一机械", "320583", COUNTY, "三一机械"),
        ("广西壮族自治区糖业", "450000", PROVINCE, "糖业"),
        ("延边敖东", "222400", CITY, "敖东"),
    ],
)
def test_the_longest_name_of_a_region_counts(text: str, code: str, level: int, rest: str) -> None:
    found = region_at_start(text)
    assert found is not None
    assert (found[0].code, found[0].level, found[1]) == (code, level, rest)


def test_other_texts_begin_with_no_region() -> None:
    assert region_at_start("远景科技") is None
    assert region_at_start("") is None


@pytest.mark.parametrize(
    ("one", "other", "within"),
    [
        ("330100", "330000", True),
        ("330000", "330110", True),
        ("330100", "330110", True),
        ("330100", "330200", False),
        ("310000", "330000", False),
    ],
)
def test_a_region_lies_within_a_larger_one(one: str, other: str, within: bool) -> None:
    assert is_within(one, other) is within
    assert is_within(other, one) is within


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("浙江省杭州市西湖区", "330106"),
        ("浙江 杭州", "330100"),
        ("浙江省/杭州市", "330100"),
        ("330106", "330106"),
        ("北京朝阳区", "110105"),
        ("北京市 北京市 朝阳区", "110105"),
        ("吉林省吉林市", "220200"),
        ("臺灣", "710000"),
        ("朝阳区", None),  # of several cities
        ("杭州西湖区文三路", None),
        ("999999", None),
        ("", None),
    ],
)
def test_a_text_names_a_region_from_the_largest_down(text: str, code: str | None) -> None:
    region = region_of_text(text)
    assert (None if region is None else region.code) == code


def test_a_region_is_shown_with_those_around_it() -> None:
    codes = ("330106", "330100", "330000", "110105", "330103")
    assert [region_path(code) for code in codes] == [
        "浙江省杭州市西湖区",
        "浙江省杭州市",
        "浙江省",
        "北京市朝阳区",
        None,
    ]
