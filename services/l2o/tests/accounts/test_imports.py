"""Lookup of countries by the names that files give."""

import pytest

from chassis.records.country_names import country_code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United States", "US"),
        ("usa", "US"),
        ("cn", "CN"),
        ("中国", "CN"),
        ("Korea", None),  # there are two
        ("Philipines", None),
        ("European Union", None),
    ],
)
def test_a_country_is_found_by_its_code_or_name(name: str, code: str | None) -> None:
    assert country_code(name) == code
