"""A person's values are found in texts however they are spelled there."""

import pytest

from chassis.tenancy.personal_patterns import replace_values, text_pattern

MOBILE, LANDLINE = "+8613800138000", "+861062345678"


@pytest.mark.parametrize(
    ("value", "text", "left"),
    [
        (MOBILE, "call 138 0013 8000 now", "call *** now"),
        (MOBILE, "电话13800138000，请回电", "电话***，请回电"),
        (MOBILE, "+86 138-0013-8000", "***"),
        (MOBILE, "0086 13800138000", "***"),
        (MOBILE, "１３８００１３８０００", "***"),
        (MOBILE, "138\u20130013\u20138000", "***"),
        (MOBILE, "+86 (138) / 0013 / 8000", "***"),
        (MOBILE, "138·0013_8000", "***"),
        (MOBILE, "138001380001", "138001380001"),
        (MOBILE, "x213800138000", "x213800138000"),
        (LANDLINE, "+861062345678;ext=8001", "***"),
        (LANDLINE, "010-62345678转8001", "***"),
        (LANDLINE, "(010) 6234 5678", "***"),
        (f"{LANDLINE};ext=8001", "010-62345678-8001", "***"),
        (f"{LANDLINE};ext=8001", "010-62345678", "010-62345678"),
        (f"{LANDLINE};ext=8001", "010-62345678-8002", "010-62345678-8002"),
        ("+14155552673", "(415) 555-2673", "***"),
        ("li.na@example.com", "to LI.NA@Example.com.", "to ***."),
        ("li.na@example.com", "eli.na@example.com", "eli.na@example.com"),
        ("王芳", "联系王芳确认", "联系***确认"),
        ("Li Na", "met  LI\u3000 NA，ok", "met  ***，ok"),
        ("Li Na", "Ｌｉ\u200b Ｎａ", "***"),
        ("Li Na", "Li Nathan", "Li Nathan"),
        ("O'Neil", "mr. o\u2019neil", "mr. ***"),
        ("Jos\u00e9 P\u00e9rez", "JOSE\u0301 PE\u0301REZ x", "*** x"),
        ("Bo", "Bo and Bob", "Bo and Bob"),
    ],
)
def test_a_value_is_found_in_every_spelling(value: str, text: str, left: str) -> None:
    assert replace_values(text, text_pattern([value])) == left
