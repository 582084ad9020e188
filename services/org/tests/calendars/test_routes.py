"""The routes of the calendar."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.org.tests import factories
from testkit.plugin import PublishedFacts


@pytest.fixture(autouse=True)
async def _stored_tenant(tx: AsyncConnection, tenant: UUID) -> None:
    await factories.store_tenant(tx, tenant)


async def test_a_period_lists_the_kind_of_each_day(client: AsyncClient) -> None:
    answer = await client.get(
        "/calendar/days", params={"from_date": "2026-09-28", "to_date": "2026-10-12"}
    )
    assert answer.status_code == 200
    body = answer.json()
    assert body["working_days"] == 6
    assert body["official_until"] == "2026-12-31"
    assert len(body["items"]) == 14
    assert body["items"][3] == {
        "date": "2026-10-01",
        "working": False,
        "kind": "HOLIDAY",
        "name": "National Day",
    }


async def test_an_override_is_set_replaced_and_removed(client: AsyncClient) -> None:
    put = await client.put("/calendar/days/2026-11-23", json={"working": False, "name": "周年庆"})
    assert put.json()["kind"] == "OWN_DAY_OFF"
    again = await client.put("/calendar/days/2026-11-23", json={"working": True, "name": "值班"})
    assert again.json()["kind"] == "OWN_WORKDAY"
    params: dict[str, str | int] = {"from_date": "2026-11-20", "count": 1}
    assert (await client.get("/calendar/working-days", params=params)).json() == {
        "date": "2026-11-23"
    }
    for _ in range(2):
        removed = await client.delete("/calendar/days/2026-11-23")
        assert removed.json() == {
            "date": "2026-11-23", "working": True, "kind": "WORKDAY", "name": None,
        }  # fmt: skip


async def test_each_change_of_an_own_day_is_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    path = "/calendar/days/2026-11-23"
    for body in ({"working": False, "name": "周年庆"}, {"working": True, "name": "值班"}):
        for _ in range(2):  # the same declaration again changes nothing
            assert (await client.put(path, json=body)).status_code == 200
    await client.delete(path)
    facts = [event for event in await published() if event.type.startswith("org.calendar.")]
    assert [(event.type, event.sequence) for event in facts] == [
        ("org.calendar.created.v1", 1),
        ("org.calendar.changed.v1", 2),
        ("org.calendar.deleted.v1", 3),
    ]
    days = [event.payload["calendar"] for event in facts]
    assert [(day["date"], day["working"], day["deleted"]) for day in days] == [
        ("2026-11-23", False, False), ("2026-11-23", True, False), ("2026-11-23", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "params", "pointer", "code"),
    [
        ("/calendar/days", {"from_date": "2026-01-01"}, "?to_date", "REQUIRED"),
        (
            "/calendar/days",
            {"from_date": "2026-01-02", "to_date": "2026-01-02"},
            "?to_date",
            "PERIOD_LENGTH",
        ),
        (
            "/calendar/days",
            {"from_date": "2026-01-01", "to_date": "2027-01-03"},
            "?to_date",
            "PERIOD_LENGTH",
        ),
        (
            "/calendar/days",
            {"from_date": "1999-12-31", "to_date": "2000-01-03"},
            "?from_date",
            "DAY_OUT_OF_RANGE",
        ),
        ("/calendar/days", {"from_date": "2026-1-1", "to_date": "x"}, "?from_date", "DATE_INVALID"),
        (
            "/calendar/working-days",
            {"from_date": "2099-12-31", "count": 1},
            "?count",
            "DAY_OUT_OF_RANGE",
        ),
        (
            "/calendar/working-days",
            {"from_date": "2026-01-01", "count": 1001},
            "?count",
            "TOO_LARGE",
        ),
    ],
)
async def test_invalid_periods_are_refused(
    client: AsyncClient, path: str, params: dict[str, str], pointer: str, code: str
) -> None:
    answer = await client.get(path, params=params)
    assert answer.status_code == 422
    assert (answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (
        pointer,
        code,
    )


async def test_the_earliest_date_is_refused_without_an_error(client: AsyncClient) -> None:
    params = {"from_date": "0001-01-01", "to_date": "0001-01-01"}
    answer = await client.get("/calendar/days", params=params)
    assert answer.status_code == 422
