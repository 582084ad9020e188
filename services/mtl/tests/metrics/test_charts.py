"""The charts of leads by their creation: new, open, converted and effective ones."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.domain.moves import LeadStatus
from services.mtl.tests.factories import violations
from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import add, at, chart, created_in, lead_of, listed
from testkit.directory import Company, subject

NOVEMBER = "from=2026-11-01&to=2026-11-30"


async def test_new_leads_by_day_of_the_tenant(client: AsyncClient, tx: AsyncConnection) -> None:
    await add(
        tx,
        [
            lead_of("2026-10-31", 23, 59),
            lead_of("2026-11-01", 0, 0),  # still October in UTC
            lead_of("2026-11-01", 23, 59),
            lead_of("2026-11-03"),
            lead_of("2026-11-03", deleted_at=at("2026-11-04")),
            lead_of("2026-11-04", 0, 0),
        ],
    )
    found = await chart(client, "new?from=2026-11-01&to=2026-11-03")
    assert [(row["start_date"], row["leads"]) for row in found["rows"]] == [
        ("2026-11-01", 2),
        ("2026-11-02", 0),
        ("2026-11-03", 1),
    ]
    assert found["totals"] == {"leads": 3}
    assert (found["from_at"], found["before_at"]) == (
        "2026-10-31T16:00:00Z",
        "2026-11-03T16:00:00Z",
    )
    assert found["dimensions"] == [
        {"field": "start_date", "label": "Date", "read_as": "start_date"}
    ]
    assert found["measures"] == [{"field": "leads", "label": "Leads", "unit": "LEADS"}]


async def test_new_leads_by_month_and_source(client: AsyncClient, tx: AsyncConnection) -> None:
    await add(
        tx,
        [
            lead_of("2026-10-30", source="展会"),
            lead_of("2026-11-01", source="展会"),
            lead_of("2026-11-30", source="展会"),
            lead_of("2026-11-30", source="官网"),
            lead_of("2026-11-30", source=None),
        ],
    )
    found = await chart(client, "new?from=2026-10-30&to=2026-11-30&by=month&group=source")
    assert {(row["start_date"], row["source"], row["leads"]) for row in found["rows"]} == {
        ("2026-10-30", "展会", 1),
        ("2026-11-01", "展会", 2),
        ("2026-11-01", "官网", 1),
        ("2026-11-01", None, 1),
    }
    assert [one["field"] for one in found["dimensions"]] == ["start_date", "source"]
    only = await chart(client, f"new?{NOVEMBER}&by=month&source=官网")
    assert only["totals"] == {"leads": 1}


async def test_open_leads_by_status_and_age(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    set_clock(at("2026-11-30", 9))
    ages = {  # the days of the calendar before 30 November
        "2026-11-30": 0,
        "2026-11-27": 3,
        "2026-11-26": 4,
        "2026-11-23": 7,
        "2026-11-22": 8,
        "2026-10-31": 30,
        "2026-10-30": 31,
        "2026-09-01": 90,
        "2026-08-31": 91,
    }
    await add(tx, [lead_of(day, 23) for day in ages])
    await add(tx, [lead_of("2026-11-27", 0, 0, status=LeadStatus.SQL)])
    await add(tx, [lead_of("2026-11-29", status=LeadStatus(one)) for one in CLOSED])
    found = await chart(client, "stock", headers={"Accept-Language": "zh-CN"})
    counts = {(row["status"], row["age_band"]): row["leads"] for row in found["rows"]}
    assert len(counts) == 15
    assert {key: number for key, number in counts.items() if number} == {
        ("RAW", "UP_TO_3"): 2,
        ("RAW", "UP_TO_7"): 2,
        ("RAW", "UP_TO_30"): 2,
        ("RAW", "UP_TO_90"): 2,
        ("RAW", "OVER_90"): 1,
        ("SQL", "UP_TO_3"): 1,
    }
    assert found["totals"] == {"leads": 10}
    first = found["rows"][0]
    assert (first["status_label"], first["age_band_label"]) == ("新线索", "0–3 天")
    for row in found["rows"]:
        assert row["leads"] == await listed(client, status=row["status"], **created_in(row))


CLOSED = ("NURTURE", "INVALID", "CONVERTED")


async def test_open_leads_by_owner_have_names(client: AsyncClient, tx: AsyncConnection) -> None:
    await Company(tx).build()
    await add(tx, [lead_of("2020-01-01", owner_id=subject("li")) for _ in range(2)])
    await add(tx, [lead_of("2020-01-01", owner_id=None)])
    found = await chart(client, "stock?group=owner")
    rows = [(row["owner_id"], row["owner_name"], row["leads"]) for row in found["rows"]]
    assert sorted(rows, key=lambda row: row[2]) == [(None, None, 1), (subject("li"), "li", 2)]
    assert found["dimensions"][-1] == {
        "field": "owner_id",
        "label": "Owner",
        "read_as": "owner_name",
    }


async def test_effective_leads_against_a_target(client: AsyncClient, tx: AsyncConnection) -> None:
    statuses = {"展会": ["SQL", "CONVERTED", "MQL", "INVALID"], "官网": ["RAW"]}
    await add(
        tx,
        [
            lead_of("2026-11-05", source=source, status=LeadStatus(one))
            for source, many in statuses.items()
            for one in many
        ],
    )
    found = await chart(client, f"effective?{NOVEMBER}&group=source&target=3")
    fields = ("source", "leads", "effective", "target", "attainment", "missing")
    assert [tuple(row[field] for field in fields) for row in found["rows"]] == [
        ("展会", 4, 2, 3, "0.6667", 1),
        ("官网", 1, 0, 3, "0", 3),
    ]
    assert found["totals"] == {"leads": 5, "effective": 2}
    [whole] = (await chart(client, f"effective?{NOVEMBER}&target=1"))["rows"]
    assert (whole["source"], whole["attainment"], whole["missing"]) == (None, "2", 0)
    listed_now = await listed(client, status__in="SQL,CONVERTED", **created_in(found))
    assert found["totals"]["effective"] == listed_now


async def test_charts_without_leads(client: AsyncClient) -> None:
    for path in ("conversion?", "hand-off?", "effective?target=5&", "new?group=owner&"):
        found = await chart(client, f"{path}{NOVEMBER}")
        assert found["rows"] == [], path
    totals: dict[str, Any] = (await chart(client, f"conversion?{NOVEMBER}"))["totals"]
    assert (totals["leads"], totals["conversion_rate"], totals["conversion_median_hours"]) == (
        0,
        None,
        None,
    )
    assert (await chart(client, "stock"))["totals"] == {"leads": 0}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("new", {("?from", "REQUIRED"), ("?to", "REQUIRED")}),
        (
            "new?from=x&to=2026-11-31&by=year&group=colour&team=1",
            {
                ("?from", "DATE_INVALID"),
                ("?to", "DATE_INVALID"),
                ("?by", "VALUE_UNKNOWN"),
                ("?group", "VALUE_UNKNOWN"),
                ("?team", "UNKNOWN_FIELD"),
            },
        ),
        ("hand-off?from=2026-11-02&to=2026-11-01", {("?to", "END_BEFORE_START")}),
        ("conversion?from=2026-01-01&to=2027-02-05", {("?to", "PERIOD_TOO_LONG")}),
        (
            "new?from=0001-01-01&to=9999-12-31",
            {("?from", "DAY_OUT_OF_RANGE"), ("?to", "DAY_OUT_OF_RANGE")},
        ),
        ("needed?target=0&months=13", {("?target", "TOO_SMALL"), ("?months", "TOO_LARGE")}),
        (f"effective?{NOVEMBER}", {("?target", "REQUIRED")}),
        ("stock?source=&owner_id=", {("?source", "TOO_SHORT"), ("?owner_id", "TOO_SHORT")}),
    ],
)
async def test_invalid_parameters_are_refused_with_all_violations(
    client: AsyncClient, path: str, expected: set[tuple[str, str]]
) -> None:
    answer = await client.get(f"/lead-metrics/{path}")
    assert (answer.status_code, violations(answer)) == (422, expected)


async def test_texts_that_the_database_cannot_hold_are_refused(client: AsyncClient) -> None:
    for name in ("source", "owner_id"):
        answer = await client.get(f"/lead-metrics/stock?{name}=a%00b")
        assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")


async def test_metrics_need_the_scope_of_leads(client: AsyncClient, token: Any) -> None:
    client.headers["Authorization"] = f"Bearer {token(scope='mtl.import.read')}"
    answer = await client.get("/lead-metrics/stock")
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")


async def test_a_chart_of_too_many_rows_is_refused(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add(tx, [lead_of("2026-11-05", source=f"S{number}") for number in range(5000)])
    found = await chart(client, f"effective?{NOVEMBER}&group=source&target=1")
    assert len(found["rows"]) == 5000
    await add(tx, [lead_of("2026-11-05", source="one more")])
    for path in ("effective?target=1&group=source&", "new?group=source&"):
        answer = await client.get(f"/lead-metrics/{path}{NOVEMBER}")
        assert (answer.status_code, violations(answer)) == (422, {("?group", "CHART_TOO_LARGE")})
