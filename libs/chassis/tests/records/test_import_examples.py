"""The examples of templates, in the language and for the country of who reads them."""

import pytest

from chassis.foundation.texts import Text
from chassis.records.codes import country_codes
from chassis.records.contact_points import normalize_phone
from chassis.records.import_examples import (
    ExampleReader,
    example_cell,
    mobile_number,
    office_number,
    own_country,
    own_currency,
)

AMERICAN = ExampleReader(language="en", country="US", currency="USD")


def test_an_example_is_in_the_language_of_its_reader() -> None:
    company = Text("上海示例有限公司", "Example Ltd")
    assert example_cell(company, AMERICAN) == "Example Ltd"
    assert example_cell(company, ExampleReader()) == "上海示例有限公司"
    assert example_cell("R200", AMERICAN) == "R200"
    assert example_cell(own_currency, AMERICAN) == "USD"
    assert example_cell(own_country, AMERICAN) == "US"


@pytest.mark.parametrize("country", sorted(country_codes()))
def test_the_number_of_an_example_is_one_of_its_country(country: str) -> None:
    reader = ExampleReader(country=country)
    for number in (mobile_number(reader), office_number(reader)):
        assert not number or normalize_phone(number, country).startswith("+")


def test_a_tenant_without_a_country_gets_an_international_number() -> None:
    reader = ExampleReader(country=None)
    assert normalize_phone(mobile_number(reader)).startswith("+86")
    assert own_country(reader) == ""
