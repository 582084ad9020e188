"""Further numbers, mails and websites: equal whatever their ids, in E.164, each value once."""

import pytest
from pydantic import BaseModel, ValidationError

from kernel.errors import Invalid
from kernel.ids import new_id
from parties.located_points import located_points
from parties.point_schemas import (
    EmailPoints,
    PhonePoints,
    WebsitePoints,
    cells_as,
    points_of_body,
)
from parties.points import PartyPoint, PointMedium, ReachedParty, values_of


class Body(BaseModel):
    phones: PhonePoints = []
    emails: EmailPoints = []
    websites: WebsitePoints = []


BODY = Body.model_validate(
    {
        "phones": [{"kind": "FAX", "phone": "021-6437 2346"}, {"phone": "+8613800138000"}],
        "emails": [{"kind": "INVOICE", "email": "Rechnung@Example.com"}],
        "websites": [{"website": "shop.example.com"}],
    }
)


def test_points_of_a_body_are_numbered_over_all_media() -> None:
    points = located_points(points_of_body(BODY), "CN")
    assert [(p.position, p.medium, p.kind, p.phone or p.email or p.website) for p in points] == [
        (0, PointMedium.PHONE, "FAX", "+862164372346"),
        (1, PointMedium.PHONE, "OTHER", "+8613800138000"),
        (2, PointMedium.EMAIL, "INVOICE", "rechnung@example.com"),
        (3, PointMedium.WEBSITE, "OTHER", "https://shop.example.com"),
    ]


def test_points_that_say_the_same_are_equal() -> None:
    assert points_of_body(BODY) == points_of_body(BODY)
    assert {p.id for p in points_of_body(BODY)} & {p.id for p in points_of_body(BODY)} == set()


def test_a_party_shows_its_points_by_medium_without_erased_ones() -> None:
    erased = PartyPoint(id=new_id(), position=9, medium=PointMedium.PHONE, kind="FAX")
    party = ReachedParty(points=(*located_points(points_of_body(BODY), "CN"), erased))
    assert [p.phone for p in party.phones] == ["+862164372346", "+8613800138000"]
    assert [p.email for p in party.emails] == ["rechnung@example.com"]
    assert [p.website for p in party.websites] == ["https://shop.example.com"]


def test_every_wrong_number_is_named_by_its_place() -> None:
    body = Body.model_validate({"phones": [{"phone": "138001"}, {"phone": "13800138000"}]})
    with pytest.raises(Invalid) as refused:
        located_points(points_of_body(body), "CN")
    found = [(one.pointer, one.code) for one in refused.value.violations]
    assert found == [("/phones/0/phone", "PHONE_INVALID")]


def test_a_number_without_country_needs_one() -> None:
    body = Body.model_validate({"phones": [{"phone": "13800138000"}]})
    with pytest.raises(Invalid) as refused:
        located_points(points_of_body(body), None)
    assert [one.code for one in refused.value.violations] == ["PHONE_REGION_UNKNOWN"]


def test_a_value_stands_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({"emails": [{"email": "a@b.cn"}, {"kind": "WORK", "email": "A@b.cn"}]})
    assert [one["type"] for one in refused.value.errors()] == ["POINT_REPEATED"]


def test_a_cell_has_several_values() -> None:
    assert cells_as("phone")(" 138；139、140,141;\n142 ") == [
        {"phone": one} for one in ("138", "139", "140", "141", "142")
    ]


def test_each_value_is_yielded_once() -> None:
    points = located_points(points_of_body(BODY), "CN")
    assert list(values_of(points[:2], "+8613800138000", None)) == [
        "+8613800138000",
        "+862164372346",
    ]
