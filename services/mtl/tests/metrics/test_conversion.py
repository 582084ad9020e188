"""What the leads of a period have become, by hand and against lists and histories."""

from datetime import datetime
from typing import Any

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.domain.moves import LeadStatus
from scoring.grades import Grade
from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import (
    add,
    at,
    chart,
    created_in,
    lead_of,
    listed,
    make_moves,
    of_group,
)

NOVEMBER = "from=2026-11-01&to=2026-11-30"
DISQUALIFY = {"reason": "SPAM"}
Move = tuple[datetime, str, dict[str, Any] | None]


def move(day: str, hour: int, verb: str, body: dict[str, Any] | None = None) -> Move:
    return at(day, hour), verb, body


async def capture_cohort(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> None:
    """Six leads of 5 November, noon: four of the fair, two of the web site."""
    leads = [lead_of("2026-11-05", source=source) for source in ("展会",) * 4 + ("官网",) * 2]
    await add(tx, [*leads, lead_of("2026-10-05", source="展会")])
    moves: list[list[Move]] = [
        # MQL after 2 hours, SQL after 24, converted after 48
        [
            move("2026-11-05", 14, "hand-over"),
            move("2026-11-06", 12, "qualify"),
            move("2026-11-07", 12, "convert"),
        ],
        # SQL at once after 4 hours, converted after 96
        [move("2026-11-05", 16, "qualify"), move("2026-11-09", 12, "convert")],
        # refused after it was handed over: it stays one that was an MQL
        [
            move("2026-11-05", 18, "hand-over"),
            move("2026-11-06", 12, "refuse", {"reason": "TOO_EARLY"}),
        ],
        [],
        # invalid, and accepted before that
        [
            move("2026-11-05", 20, "qualify"),
            move("2026-11-08", 12, "disqualify", DISQUALIFY),
        ],
        # invalid, but opened again
        [
            move("2026-11-05", 22, "disqualify", DISQUALIFY),
            move("2026-11-08", 12, "reopen"),
        ],
    ]
    for lead, made in zip(leads, moves, strict=True):
        await make_moves(client, set_clock, lead, made)


async def test_a_cohort_by_hand(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await capture_cohort(client, tx, set_clock)
    found = await chart(client, f"conversion?{NOVEMBER}&group=source")
    fair, site = found["rows"]
    counts = ("source", "leads", "mql", "sql", "converted", "invalid")
    assert [fair[name] for name in counts] == ["展会", 4, 2, 2, 2, 0]
    assert [site[name] for name in counts] == ["官网", 2, 0, 1, 0, 1]
    # First moves after 2, 4 and 6 hours; the fourth lead has none. Conversions after 48 and 96.
    assert fair["first_move_median_hours"] == "4"
    assert fair["first_move_p90_hours"] == "5.6"
    assert fair["conversion_median_hours"] == "72"
    assert fair["conversion_p90_hours"] == "91.2"
    assert (site["first_move_median_hours"], site["conversion_median_hours"]) == ("9", None)
    # Wilson for 2 of 4: (0.5 + 0.4802 ± 1.96 * sqrt(0.0625 + 0.06002)) / 1.9604
    assert fair["conversion_rate"] == {
        "rate": "0.5",
        "low": "0.15",
        "high": "0.85",
        "sample": 4,
    }
    total = found["totals"]
    assert [total[name] for name in counts[1:]] == [6, 2, 3, 2, 1]
    assert total["first_move_median_hours"] == "6"  # of 2, 4, 6, 8 and 10
    assert total["invalid_rate"]["rate"] == "0.1667"
    measures = {one["field"]: (one["label"], one["unit"]) for one in found["measures"]}
    assert measures["conversion_rate"] == ("Conversion rate", "SHARE")
    assert measures["first_move_p90_hours"] == ("Time to first move, nine in ten", "HOURS")
    assert set(measures) == set(total)


async def test_a_cohort_is_that_of_lists_and_histories(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await capture_cohort(client, tx, set_clock)
    found = await chart(client, f"conversion?{NOVEMBER}&group=source")
    for row in found["rows"]:
        filters = {**created_in(found), **of_group(row, "source")}
        assert row["leads"] == await listed(client, **filters)
        assert row["converted"] == await listed(client, status="CONVERTED", **filters)
        assert row["invalid"] == await listed(client, status="INVALID", **filters)
        reached = {"MQL": 0, "SQL": 0}
        for item in (await client.get("/leads", params=filters)).json()["items"]:
            history = (await client.get(f"/leads/{item['id']}/history")).json()["items"]
            for status in reached:
                reached[status] += any(one["to_status"] == status for one in history)
        assert (row["mql"], row["sql"]) == (reached["MQL"], reached["SQL"])


async def test_a_rejected_conversion_is_none(client: AsyncClient, tx: AsyncConnection) -> None:
    """A lead that is back in SQL counts as accepted; imported statuses count without a history."""
    await add(tx, [lead_of("2026-11-05", status=LeadStatus(one)) for one in ("SQL", "MQL")])
    totals = (await chart(client, f"conversion?{NOVEMBER}"))["totals"]
    assert [totals[one] for one in ("leads", "mql", "sql", "converted")] == [2, 1, 1, 0]
    assert totals["first_move_median_hours"] is None


async def test_grades_tell_how_well_leads_are_graded(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    """Two of three leads of grade A converted, of two of grade B none."""
    grades = (Grade.A, Grade.A, Grade.A, Grade.B, Grade.B, None)
    leads = [lead_of("2026-11-05", grade=grade) for grade in grades]
    await add(tx, leads)
    for lead in leads[:2]:
        made = [move("2026-11-05", 14, "qualify"), move("2026-11-06", 12, "convert")]
        await make_moves(client, set_clock, lead, made)
    found = await chart(client, f"conversion?{NOVEMBER}&group=grade")
    rows = [
        (one["grade"], one["grade_label"], one["leads"], one["converted"]) for one in found["rows"]
    ]
    assert rows == [("A", "A", 3, 2), ("B", "B", 2, 0), (None, None, 1, 0)]
    assert [one["field"] for one in found["dimensions"]] == ["grade"]
    # Wilson for 2 of 3: (0.6667 + 0.6403 ± 1.96 * sqrt(0.0741 + 0.1067)) / 2.2805
    rate = found["rows"][0]["conversion_rate"]
    assert (rate["rate"], rate["low"], rate["high"], rate["sample"]) == (
        "0.6667",
        "0.2076",
        "0.9386",
        3,
    )
