"""Tests of counts by a field that the groups of the search filter on as well."""

from typing import Any

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.records.lists.samples import write_five_cards

DUE = {"due_date__lte": "2026-12-04"}
DONE = {"stage": "DONE"}
GROUPS = "filter_groups"
# Groups that filter on the counted field, and the same conditions without it.
TOGETHER: list[tuple[list[Any], list[Any]]] = [
    ([{**DUE, **DONE}], [DUE]),
    ([DONE], []),
    ([{**DUE, "stage__in": ["DONE"]}], [DUE]),
    ([{"all_of": [DONE, DUE]}], [DUE]),
    ([{"any_of": [{**DONE, **DUE}]}], [DUE]),
    ([{**DONE, "any_of": [DUE, {"title": "e"}]}], [{"any_of": [DUE, {"title": "e"}]}]),
]
ALTERNATIVES: list[tuple[list[Any], set[str]]] = [
    ([DONE, DUE], {"/filter_groups/0/stage"}),
    ([DUE, {"stage__in": ["DONE"]}], {"/filter_groups/1/stage__in"}),
    ([{"any_of": [DONE, DUE]}], {"/filter_groups/0/any_of/0/stage"}),
    ([{"all_of": [{"any_of": [DUE, DONE]}]}], {"/filter_groups/0/all_of/0/any_of/1/stage"}),
    ([DONE, {**DUE, **DONE}], {"/filter_groups/0/stage", "/filter_groups/1/stage"}),
]


@pytest.mark.parametrize(("groups", "others"), TOGETHER)
async def test_the_filter_on_the_counted_field_is_left_out(
    client: Client, tx: AsyncConnection, groups: list[Any], others: list[Any]
) -> None:
    await write_five_cards(tx)
    counted = {"count_by": "stage"}
    filtered = await client.post("/cards/search", json={GROUPS: groups, **counted})
    unfiltered = await client.post("/cards/search", json={GROUPS: others, **counted})
    assert (filtered.status_code, unfiltered.status_code) == (200, 200)
    assert filtered.json()["counts"] == unfiltered.json()["counts"]
    assert len(filtered.json()["items"]) < len(unfiltered.json()["items"])


async def test_the_counts_equal_those_of_the_list(client: Client, tx: AsyncConnection) -> None:
    await write_five_cards(tx)
    listed = await client.get("/cards?due_date__lte=2026-12-04&stage=DONE&count_by=stage")
    body = {GROUPS: [{**DUE, **DONE}], "count_by": "stage"}
    assert (await client.post("/cards/search", json=body)).json() == listed.json()


@pytest.mark.parametrize(("groups", "pointers"), ALTERNATIVES)
async def test_one_of_several_alternatives_cannot_filter_on_the_counted_field(
    client: Client, groups: list[Any], pointers: set[str]
) -> None:
    body = {GROUPS: groups, "count_by": "stage"}
    for language, word in (("en", "alternative"), ("zh-CN", "计数")):
        refused = await client.post(
            "/cards/search", json=body, headers={"Accept-Language": language}
        )
        assert refused.status_code == 422
        errors = refused.json()["errors"]
        assert {error["pointer"] for error in errors} == pointers
        assert {error["code"] for error in errors} == {"COUNTED_IN_ALTERNATIVES"}
        assert all(word in error["message"] for error in errors)
    counted_otherwise = await client.post("/cards/search", json={**body, "count_by": "title"})
    assert counted_otherwise.status_code == 200
