"""How sales answered the leads handed over to them."""

from typing import Any

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.metrics.conftest import SetClock
from services.mtl.tests.metrics.factories import add, at, chart, lead_of, listed, make_moves
from testkit.directory import Company, subject

NOVEMBER = "from=2026-11-01&to=2026-11-30"
EARLY, SMALL = {"reason": "TOO_EARLY"}, {"reason": "TOO_SMALL"}
MORNING = at("2026-11-10", 8)


async def hand_over_leads(client: AsyncClient, tx: AsyncConnection, set_clock: SetClock) -> None:
    """Six leads of li's and one of zheng's, handed over on 10 November at eight; answers differ."""
    await Company(tx).build()
    owners = [*["li"] * 6, "zheng"]
    leads = [lead_of("2026-10-30", owner_id=subject(owner)) for owner in owners]
    await add(tx, leads)
    answers: list[list[tuple[int, str, dict[str, Any] | None]]] = [
        [(10, "qualify", None)],  # after 2 hours
        [(14, "qualify", None)],  # after 6 hours
        [(12, "refuse", EARLY)],  # after 4 hours
        [(9, "refuse", EARLY), (10, "hand-over", None), (18, "refuse", SMALL)],  # after 1 and 8
        [(20, "nurture", {"wakes_on": "2027-01-01"})],  # after 12 hours
        [],
        [(11, "qualify", None)],  # after 3 hours
    ]
    for lead, made in zip(leads, answers, strict=True):
        moves = [(at("2026-11-10", hour), verb, body) for hour, verb, body in made]
        await make_moves(client, set_clock, lead, [(MORNING, "hand-over", None), *moves])


async def test_outcomes_and_reasons(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await hand_over_leads(client, tx, set_clock)
    found = await chart(client, f"hand-off?{NOVEMBER}")
    fields = ("outcome", "reason", "hand_overs", "answer_median_hours")
    assert {tuple(row[field] for field in fields) for row in found["rows"]} == {
        ("ACCEPTED", None, 3, "3"),
        ("REFUSED", "TOO_EARLY", 2, "2.5"),
        ("REFUSED", "TOO_SMALL", 1, "8"),
        ("CLOSED", None, 1, "12"),
        ("WAITING", None, 1, None),
    }
    assert found["totals"] == {
        "hand_overs": 8,
        "late": 0,
        "accepted": 3,
        "refused": 3,
        "closed": 1,
        "waiting": 1,
        "answer_median_hours": "4",  # of 1, 2, 3, 4, 6, 8 and 12
    }
    labels = {(row["outcome_label"], row["reason_label"]) for row in found["rows"]}
    assert ("Refused", "Too early") in labels
    # Leads that still wait are those that a list shows as handed over.
    assert found["totals"]["waiting"] == await listed(client, status="MQL")


async def test_hand_offs_by_owner(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    await hand_over_leads(client, tx, set_clock)
    found = await chart(client, f"hand-off?{NOVEMBER}&group=owner")
    rows = {(row["owner_name"], row["outcome"], row["reason"]): row for row in found["rows"]}
    assert len(rows) == 6
    assert rows["li", "ACCEPTED", None]["answer_median_hours"] == "4"
    assert rows["zheng", "ACCEPTED", None]["hand_overs"] == 1
    assert found["totals"]["hand_overs"] == 8
    only = await chart(client, f"hand-off?{NOVEMBER}&owner_id={subject('zheng')}")
    assert (only["totals"]["hand_overs"], only["totals"]["accepted"]) == (1, 1)


async def test_only_hand_overs_of_the_period_count(
    client: AsyncClient, tx: AsyncConnection, set_clock: SetClock
) -> None:
    """A hand-over counts on its day in Shanghai, wherever its answer falls; deleted leads never."""
    leads = [lead_of("2026-10-30") for _ in range(3)]
    await add(tx, leads)
    late, answer = at("2026-11-10", 23, 59), (at("2026-11-20"), "qualify", None)
    await make_moves(client, set_clock, leads[0], [(late, "hand-over", None), answer])
    await make_moves(client, set_clock, leads[1], [(at("2026-11-11", 0), "hand-over", None)])
    await make_moves(client, set_clock, leads[2], [(late, "hand-over", None)])
    assert (await client.delete(f"/leads/{leads[2].id}")).status_code == 204
    tenth = await chart(client, "hand-off?from=2026-11-10&to=2026-11-10")
    assert (tenth["totals"]["hand_overs"], tenth["totals"]["accepted"]) == (1, 1)
    eleventh = await chart(client, "hand-off?from=2026-11-11&to=2026-11-11")
    assert (eleventh["totals"]["hand_overs"], eleventh["totals"]["waiting"]) == (1, 1)
