"""Sizes, industries, regions and addresses of companies."""

import pytest
from pydantic import BaseModel, ValidationError

from parties.address_schemas import Addresses, AddressOut, addresses_of_body
from parties.company_sizes import CompanySize, size_of, size_of_cell
from parties.industries import SECTION_NAMES, IndustrySection, section_of_cell
from parties.regions import digits_of_region, region_code_of_cell


@pytest.mark.parametrize(
    ("people", "size"),
    [(0, "UNDER_20"), (19, "UNDER_20"), (20, "FROM_20"), (99, "FROM_20"), (100, "FROM_100"),
     (499, "FROM_100"), (500, "FROM_500"), (1000, "FROM_1000"), (10000, "FROM_10000")],
)  # fmt: skip
def test_the_band_of_a_number_of_people(people: int, size: str) -> None:
    assert size_of(people) == CompanySize(size)


@pytest.mark.parametrize(
    ("cell", "size"),
    [("150", "FROM_100"), ("100-499人", "FROM_100"), ("少于20人", "UNDER_20"), ("<0", "UNDER_20"),
     ("from_500", "FROM_500"), ("1,200", "FROM_1000"), ("many", "MANY"), ("19", "UNDER_20"),
     ("1,200 人", "FROM_1000"), ("under 100", "FROM_20"), ("10000以上", "FROM_10000")],
)  # fmt: skip
def test_the_band_that_a_cell_spells(cell: str, size: str) -> None:
    assert size_of_cell(cell) == size


@pytest.mark.parametrize(
    ("cell", "letter"),
    [("制造业", "C"), ("Manufacturing", "C"), ("manufacturing ", "C"), ("c", "C"),
     ("信息传输、软件和信息技术服务业", "I"), ("Widgets", "WIDGETS")],
)  # fmt: skip
def test_the_section_that_a_cell_names(cell: str, letter: str) -> None:
    assert section_of_cell(cell) == letter


def test_every_section_from_a_to_t_has_names() -> None:
    assert "".join(SECTION_NAMES) == "ABCDEFGHIJKLMNOPQRST"
    assert set(SECTION_NAMES) == set(IndustrySection)


@pytest.mark.parametrize(
    ("code", "digits"), [("330000", "33"), ("330100", "3301"), ("330106", "330106")]
)
def test_the_digits_of_a_region_begin_the_codes_inside_it(code: str, digits: str) -> None:
    assert digits_of_region(code) == digits


def test_a_cell_names_a_region() -> None:
    assert region_code_of_cell("浙江省杭州市西湖区") == "330106"
    assert region_code_of_cell("Atlantis") == "Atlantis"


class Body(BaseModel):
    addresses: Addresses


def test_addresses_keep_their_order_and_show_their_region() -> None:
    body = Body.model_validate(
        {
            "addresses": [
                {"kind": "SHIPPING", "region_code": "330106", "address": "文三路 1 号"},
                {"kind": "REGISTERED", "is_default": True},
                {"kind": "SHIPPING", "is_default": True},
            ]
        }
    )
    addresses = addresses_of_body(body.addresses)
    assert [(one.position, one.kind.value) for one in addresses] == [
        (0, "SHIPPING"),
        (1, "REGISTERED"),
        (2, "SHIPPING"),
    ]
    assert addresses == addresses_of_body(body.addresses)
    assert AddressOut.model_validate(addresses[0]).region_name == "浙江省杭州市西湖区"


def test_a_purpose_has_one_default_address() -> None:
    twice = [{"kind": "BILLING", "is_default": True}] * 2
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({"addresses": twice})
    assert [one["type"] for one in refused.value.errors()] == ["ADDRESS_DEFAULT_REPEATED"]
