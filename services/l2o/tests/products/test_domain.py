"""Lookup of products by the names that files give."""

import pytest

from l2o.products.domain import match_ignoring_spaces


@pytest.mark.parametrize(
    ("name", "match"),
    [("GTXPro", "GTX Pro"), ("gtx  pro", "GTX Pro"), ("GTX", None), ("mg special", None)],
)
def test_a_name_matches_a_product_regardless_of_spaces_and_case(
    name: str, match: str | None
) -> None:
    names = ["GTX Pro", "GTX Plus Pro", "MG Special", "MGSpecial"]
    assert match_ignoring_spaces(name, names) == match
