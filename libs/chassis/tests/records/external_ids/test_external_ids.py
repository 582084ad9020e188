"""Tests of external ids: records written and read by the ids of other systems."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.external_ids.tables import external_ids
from kernel.ids import new_id
from testkit.database import cards
from testkit.plugin import Client, Committed, PublishedFacts

BY_SAP = "/cards/by-external-id/sap/0001000042"


async def test_a_record_is_created_once_and_then_replaced(
    client: Client, published: PublishedFacts
) -> None:
    first = await client.put(BY_SAP, json={"title": "One", "due_date": "2027-01-31"})
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    second = await client.put(BY_SAP, json={"title": "Two"})
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    card = second.json()
    assert (card["id"], card["title"], card["due_date"]) == (first.json()["id"], "Two", None)
    assert (await client.get(BY_SAP)).json() == card
    again = await client.put(BY_SAP, json={"title": "Two"})
    assert (again.status_code, again.json()) == (200, card)
    assert len(await published()) == 2


async def test_external_ids_are_separate_for_each_system(client: Client) -> None:
    one = await client.put(BY_SAP, json={"title": "One"})
    other = await client.put(BY_SAP.replace("sap", "kingdee"), json={"title": "Two"})
    assert one.json()["id"] != other.json()["id"]
    unknown = await client.get(BY_SAP.replace("sap", "yonyou"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CARD_NOT_FOUND")


async def test_all_external_ids_of_a_record(client: Client) -> None:
    card = (await client.put(BY_SAP, json={"title": "One"})).json()
    address = f"/cards/{card['id']}/external-ids"
    kingdee = {"system": "kingdee", "external_id": "客户/42"}
    for _ in range(2):
        answer = await client.post(address, json=kingdee)
        assert answer.status_code == 201
    items = (await client.get(address)).json()["items"]
    ids = [(item["system"], item["external_id"]) for item in items]
    assert ids == [("kingdee", "客户/42"), ("sap", "0001000042")]
    found = await client.get(f"/cards/by-external-id/kingdee/{quote('客户/42', safe='')}")
    assert found.json()["id"] == card["id"]
    other = (await client.post("/cards", json={"title": "Two"})).json()
    taken = await client.post(f"/cards/{other['id']}/external-ids", json=kingdee)
    assert (taken.status_code, taken.json()["code"]) == (409, "EXTERNAL_ID_TAKEN")


@pytest.mark.parametrize(
    ("path", "query", "pointer", "code"),
    [
        ("sap%20x/1", "", "{system}", "PATTERN_MISMATCH"),
        ("-/1", "", "{system}", "PATTERN_MISMATCH"),
        (f"{'s' * 51}/1", "", "{system}", "PATTERN_MISMATCH"),
        (f"sap/{'1' * 201}", "", "{external_id}", "PATTERN_MISMATCH"),
        ("sap/%201", "", "{external_id}", "PATTERN_MISMATCH"),
        ("sap/", "", "{external_id}", "PATTERN_MISMATCH"),
        ("sap/1", "?source_updated_at=yesterday", "?source_updated_at", "INSTANT_INVALID"),
        (
            "sap/1",
            "?source_updated_at=2026-01-01T00:00:00",
            "?source_updated_at",
            "INSTANT_INVALID",
        ),
    ],
)
async def test_invalid_external_ids_are_refused(
    client: Client, path: str, query: str, pointer: str, code: str
) -> None:
    answer = await client.put(f"/cards/by-external-id/{path}{query}", json={"title": "One"})
    assert answer.status_code == 422, answer.text
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_invalid_bodies_create_no_external_id(client: Client, tx: AsyncConnection) -> None:
    answer = await client.put(BY_SAP, json={"title": "", "x": 1})
    violations = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
    assert (answer.status_code, violations) == (422, {"/title": "TOO_SHORT", "/x": "UNKNOWN_FIELD"})
    assert (await tx.execute(select(func.count()).select_from(external_ids))).scalar_one() == 0


async def test_writing_by_external_id_requires_access_to_the_record(
    client: Client, token: Callable[..., str]
) -> None:
    await client.put(BY_SAP, json={"title": "One"})
    scope = "testkit.card.read testkit.card.write"
    stranger = {"Authorization": f"Bearer {token(sub='stranger', scope=scope)}"}
    assert (await client.put(BY_SAP, json={"title": "Two"}, headers=stranger)).status_code == 404
    assert (await client.get(BY_SAP, headers=stranger)).status_code == 404
    reader = {"Authorization": f"Bearer {token(scope='testkit.card.read')}"}
    assert (await client.put(BY_SAP, json={"title": "Two"}, headers=reader)).status_code == 403


async def test_an_external_id_and_its_record_are_audited(client: Client) -> None:
    card = (await client.put(BY_SAP, json={"title": "One"})).json()
    entries = (await client.get(f"/cards/{card['id']}/audit")).json()["items"]
    assert [(entry["part"], entry["part_id"]) for entry in entries] == [
        ("external_ids", "0001000042"),
        (None, None),
    ]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(5)), again=st.lists(st.integers(0, 4), max_size=4))
async def test_the_latest_source_wins_in_any_order(
    client: Client, order: list[int], again: list[int]
) -> None:
    """The same writes in any order, some of them repeated, give the same record."""
    created_ids: set[str] = set()
    run = new_id()
    for day in [*order, *again]:
        answer = await client.put(
            f"/cards/by-external-id/sap/{run}",
            params={"source_updated_at": f"2026-01-0{day + 1}T08:00:00+08:00"},
            json={"title": f"Day {day}"},
        )
        assert answer.status_code == (200 if created_ids else 201)
        created_ids.add(answer.json()["id"])
    assert len(created_ids) == 1
    assert (await client.get(f"/cards/by-external-id/sap/{run}")).json()["title"] == "Day 4"


async def test_concurrent_writes_create_one_record(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async def put(day: int) -> Any:
        return await committed_client.put(
            BY_SAP,
            params={"source_updated_at": f"2026-01-0{day}T00:00:00Z"},
            json={"title": f"Day {day}"},
        )

    answers = await asyncio.gather(*(put(day) for day in (3, 8, 1, 5, 2, 7)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await committed_client.get(BY_SAP)).json()["title"] == "Day 8"
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.count()).select_from(cards))).scalar_one() == 1
