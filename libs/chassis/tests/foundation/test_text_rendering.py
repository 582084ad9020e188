"""People read labels, plain numbers and lists instead of codes."""

from decimal import Decimal
from typing import Any

import pytest

from chassis.foundation.text_rendering import TextRenderer

LABELS = {
    "Stage.NEW": ("新建", "New"),
    "Stage.WON": ("赢单", "Won"),
    "Other.NEW": ("崭新", "Brand new"),
    "Other.OLD": ("旧", "Old"),
    "Other.WON": ("得", "Got"),
    "Resource.mtl.lead": ("线索", "Lead"),
    "ScopeVerb.write": ("编辑", "edit"),
}


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        ("1234.5", "CNY", "1,234.50 CNY"),
        (Decimal(100), "CNY", "100.00 CNY"),
        ("0.125", "CNY", "0.125 CNY"),
        ("-3.10", "JPY", "-3.1 JPY"),
        (1000, "JPY", "1,000 JPY"),
    ],
)
def test_an_amount_is_shown_with_its_currency(value: Any, currency: str, shown: str) -> None:
    renderer, params = TextRenderer({}), {"x": value, "currency": currency}
    assert renderer.render(("{x:amount}", "at most {x:amount}"), params, "en") == f"at most {shown}"


@pytest.mark.parametrize(
    ("template", "value", "zh", "en"),
    [
        ("{x}", "张三", "张三", "张三"),
        ("{x}", ["甲", "乙"], "甲、乙", "甲, 乙"),
        ("{x}", 7, "7", "7"),
        ("{x:Stage}", "NEW", "新建", "New"),
        ("{x:Stage}", ["NEW", "WON"], "新建、赢单", "New, Won"),
        ("{x:Stage}", "GONE", "GONE", "GONE"),
        ("{x:number}", "67.800000", "67.8", "67.8"),
        ("{x:number}", Decimal("1234567.50"), "1,234,567.5", "1,234,567.5"),
        ("{x:number}", 100, "100", "100"),
        ("{x:number}", "2199", "2199", "2199"),  # the limit of a year
        ("{x:number}", "-0.10", "-0.1", "-0.1"),
        ("{x:number}", "2026-01-02", "2026-01-02", "2026-01-02"),  # the limit of a date
        ("{x:relation}", ">=", "不小于", "at least"),
        ("{x:scope}", ["mtl.lead.write", "*"], "线索（编辑）、*", "Lead (edit), *"),
        ("{x:code}", "SALES_MANAGER", "SALES_MANAGER", "SALES_MANAGER"),
        ("{x:values}", ["NEW", "WON"], "新建、赢单", "New, Won"),  # Other has more values
        ("{x:values}", ["NEW", "OLD"], "崭新、旧", "Brand new, Old"),
        ("{x:values}", ["name", "-name"], "name、-name", "name, -name"),
        ("{x:values}", [], "（无）", "(none)"),
    ],
)
def test_a_value_is_shown_as_people_read_it(template: str, value: Any, zh: str, en: str) -> None:
    renderer = TextRenderer(LABELS)
    both = (f"「{template}」", f"<{template}>")
    assert renderer.render(both, {"x": value}, "zh-CN") == f"「{zh}」"
    assert renderer.render(both, {"x": value}, "en") == f"<{en}>"
