"""Numbers of other countries are found as people write them there, without the country code."""

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from testkit.tenants import add_tenant

NUMBERS = {
    "American": "+14155552673",
    "British": "+442070313000",
    "Italian": "+390612345678",
    "Russian": "+74951234567",
    "Chinese": "+8613800138000",
    "Beijing": "+861062345678;ext=8001",
}


@pytest.fixture(params=["CN", "DE", None])
async def leads(request: pytest.FixtureRequest, client: AsyncClient, tx: AsyncConnection) -> None:
    await add_tenant(tx, country=request.param)
    for name, phone in NUMBERS.items():
        created = await client.post("/leads", json={"name": name, "phone": phone})
        assert created.status_code == 201, created.text


SPELLINGS = [
    ("415-555-2673", ["American"]),
    ("(415) 555-2673", ["American"]),
    ("1 415 555 2673", ["American"]),
    ("+1 415 555 2673", ["American"]),
    ("020 7031 3000", ["British"]),
    ("0044 20 7031 3000", ["British"]),
    ("06 1234 5678", ["Italian"]),
    ("8 (495) 123-45-67", ["Russian"]),
    ("138 0013 8000", ["Chinese"]),
    ("010-62345678-8001", ["Beijing"]),
    ("10 62345678 ext. 8001", ["Beijing"]),
    ("415-555-2674", []),
]


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize(("spelling", "found"), SPELLINGS)
async def test_a_number_without_a_country_code_is_found_in_every_country(
    client: AsyncClient, spelling: str, found: list[str]
) -> None:
    for name in ("q", "phone", "phone__in"):
        answer = await client.get("/leads", params={name: spelling})
        assert answer.status_code == 200, answer.text
        assert [one["name"] for one in answer.json()["items"]] == found, name
    body = {"filter_groups": [{"phone": spelling}]}
    searched = await client.post("/leads/search", json=body)
    assert [one["name"] for one in searched.json()["items"]] == found


@pytest.mark.usefixtures("leads")
async def test_q_finds_a_number_by_its_end(client: AsyncClient) -> None:
    for end, found in (("7031 3000", "British"), ("010-62345678", "Beijing")):
        items = (await client.get("/leads", params={"q": end})).json()["items"]
        assert [one["name"] for one in items] == [found]


@pytest.mark.usefixtures("leads")
async def test_several_numbers_are_found_together(client: AsyncClient) -> None:
    either = {"phone__in": "020 7031 3000,+14155552673,13800138000"}
    items = (await client.get("/leads", params=either)).json()["items"]
    assert {one["name"] for one in items} == {"American", "British", "Chinese"}


@pytest.mark.usefixtures("leads")
@pytest.mark.parametrize("spelling", ["123456", "no number", "+12", "+1 415 555"])
async def test_a_text_that_is_no_whole_number_is_no_filter(
    client: AsyncClient, spelling: str
) -> None:
    answer = await client.get("/leads", params={"phone": spelling})
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"].startswith("PHONE_")) == ("?phone", True)
