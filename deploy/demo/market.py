"""Market to lead on real leads: captured, graded, distributed, worked, recycled, converted.

Every step leaves out what an earlier run did.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy.demo import clock, market_setup, walk
from deploy.demo.client import Json, Person, UnexpectedAnswer
from deploy.demo.leads_file import NUMBER, LeadsFile, as_capture
from deploy.demo.market_setup import FORM, Entrance

# Of another team than that whose funnel the demo compares with the pipeline.
HEAD, TEAM = "Dustin Brinkmann", ("Anna Snelling", "Cecily Lampkin", "Versie Hillebrand")
LETS_LIE = TEAM[1]  # who calls nobody
BATCH = 200
REPEATED = 20  # leads that the website sends twice
HANDED_OVER, REFUSED, CONVERTED, CLAIMED = 10, 2, 4, 5
REFUSALS = ("TOO_EARLY", "NOT_A_DECIDER")
SPAM: tuple[Json, ...] = (
    {"visitor": "spam-1", "form": {"email": "win@mailinator.com"}},
    {"visitor": "spam-2", "form": {"website": "https://filled.in.by.a.machine"}},
)


@dataclass(frozen=True)
class Market:
    """The people who take part, the leads, and what the administrator has set up."""

    admin: Person
    seller: Person  # imports, and owns what is imported
    file: LeadsFile
    entrance: Entrance


async def prepare(admin: Person, seller: Person, file: LeadsFile) -> Market:
    """Create the custom fields and the channel."""
    await market_setup.ensure_fields(admin)
    return Market(admin, seller, file, await market_setup.ensure_channel(admin))


async def end_history(market: Market, progress: walk.Progress) -> list[float]:
    """End the oldest leads as the file says; return how long the conversions took, in ms."""
    outcomes = {row[NUMBER]: market.file.outcomes[row[NUMBER]] for row in market.file.history}
    path = "/mtl/v1/leads?status__in=RAW,SQL&sort=created_at"
    found = [
        lead async for lead in market.seller.everything(path) if lead["external_id"] in outcomes
    ]
    won = [lead for lead in found if outcomes[lead["external_id"]]]
    lost = [lead for lead in found if not outcomes[lead["external_id"]]]
    closing = asyncio.create_task(_disqualify(market.seller, lost))
    work = [partial(walk.convert, market.seller, lead) for lead in won]
    latencies = await walk.in_parallel(work, at_once=2, progress=progress)
    await closing
    return latencies


async def _disqualify(seller: Person, leads: Sequence[Json]) -> None:
    for lead in leads:
        body = {"reason": "NO_NEED"}
        await seller.call("POST", f"/mtl/v1/leads/{lead['id']}/disqualify", body, seen=lead)


async def train(admin: Person) -> Json:
    """Train a model from the leads that have ended, and let it grade; return its card."""
    settings = await admin.get("/mtl/v1/score-settings")
    if settings["version"] == 0:
        operation = await admin.post("/mtl/v1/score-models")
        while operation["status"] == "RUNNING":
            await asyncio.sleep(0.5)
            operation = await admin.get(f"/mtl/v1/operations/{operation['id']}")
        if operation["status"] != "SUCCEEDED":
            raise UnexpectedAnswer(f"training: {operation}")
        chosen = {"weights": {"INTELLIGENT": 100}, "model": operation["result"]["number"]}
        body = {"settings": chosen, "based_on": 0, "note": "demo"}
        await admin.post("/mtl/v1/score-settings/versions", body)
        settings = await admin.get("/mtl/v1/score-settings")
    return await admin.get(f"/mtl/v1/score-models/{settings['settings']['model']}")


async def capture(market: Market) -> Json:
    """Send the newest leads through the channel, some of them twice, and some spam."""
    entries = [as_capture(row) for row in market.file.captured]
    spam = [{"event_id": one["visitor"], "payload": one} for one in SPAM]
    sent = [*entries[:BATCH], *spam, *entries[BATCH:], *entries[:REPEATED]]
    results: list[Json] = []
    for at in range(0, len(sent), BATCH):
        results += await _send(market, sent[at : at + BATCH])
    approved = await _review(market.admin, market.entrance.channel_id)
    return {
        "sent": len(sent),
        "new": sum(one["status"] == 201 for one in results),
        "sent_again": sum(one["status"] == 200 for one in results),
        "outcomes": await _outcomes(market),
        "approved": approved,
    }


async def _send(market: Market, captures: Sequence[Json]) -> list[Json]:
    channel = f"/mtl/v1/channels/{market.entrance.channel_id}/captures/batch"
    answer = await market.admin.http.post(
        market.admin.urls["mtl"] + channel,
        json={"captures": captures},
        headers={"X-Access-Key": market.entrance.key},
    )
    if answer.status_code != 207:
        raise UnexpectedAnswer(f"{channel}: {answer.status_code} {answer.text}")
    results: list[Json] = answer.json()["results"]
    return results


async def _review(admin: Person, channel_id: str) -> int:
    """Approve what waits for a decision; return how many that were."""
    path = f"/mtl/v1/captures?channel_id={channel_id}&outcome=QUARANTINED&sort=created_at"
    waiting = [one async for one in admin.everything(path)]
    for one in waiting:
        seen = await admin.get(f"/mtl/v1/captures/{one['id']}")
        body = {"note": "may be called"}
        await admin.post(f"/mtl/v1/captures/{one['id']}/approve", body, seen=seen)
    return len(waiting)


async def _outcomes(market: Market) -> dict[str, int]:
    path = f"/mtl/v1/captures?channel_id={market.entrance.channel_id}&count_by=outcome&limit=1"
    counts: Sequence[Json] = (await market.admin.get(path))["counts"]
    return {one["value"]: one["count"] for one in counts if one["count"]}


async def prepare_distribution(admin: Person) -> tuple[list[Json], str]:
    """Publish the rules that give leads out; return the team, and the pool for all others."""
    head = await admin.until(f"/org/v1/people?name={HEAD}")
    team = [await admin.until(f"/org/v1/people?name={name}") for name in TEAM]
    pool_id = await market_setup.ensure_pool(admin, team, head)
    await market_setup.ensure_assignment(admin, team, pool_id)
    return team, pool_id


async def leads_of_form(admin: Person) -> list[Json]:
    """Return the leads that came through the channel, when the rules have placed all of them."""
    waiting = "/mtl/v1/leads?assignment_status=WAITING&limit=1"
    for _ in range(240):
        if not (await admin.get(waiting))["items"]:
            break
        await asyncio.sleep(0.25)
    path = "/mtl/v1/leads?sort=-created_at"
    found: list[Json] = []
    async for lead in admin.everything(path):
        if lead["source_detail"] == FORM:
            found.append(lead)
        elif found:
            break
    return found


async def work(admin: Person, seller: Person, subject: str, leads: Sequence[Json]) -> Json:
    """Hand the seller's best leads over; the seller calls, accepts, refuses and converts."""
    own = [one for one in leads if one["owner_id"] == subject]
    own.sort(key=lambda one: (-(one["score"] or 0), one["id"]))
    best = own[:HANDED_OVER]
    if any(one["follow_up_count"] for one in own):
        return {"calls": 0, "refused": 0, "converted": 0}
    for nth, lead in enumerate(best):
        await _work_on(admin, seller, lead, nth)
    return {"calls": len(best), "refused": REFUSED, "converted": CONVERTED}


async def _work_on(admin: Person, seller: Person, lead: Json, nth: int) -> None:
    path = f"/mtl/v1/leads/{lead['id']}"
    lead = await admin.post(f"{path}/hand-over", seen=await admin.get(path))
    await seller.post("/mtl/v1/follow-ups", _call(lead, nth))
    if nth >= HANDED_OVER - REFUSED:
        reason = REFUSALS[nth % len(REFUSALS)]
        await seller.post(f"{path}/refuse", {"reason": reason}, seen=lead)
        return
    lead = await seller.post(f"{path}/qualify", seen=lead)
    if nth < CONVERTED:
        await walk.convert(seller, lead)


def _call(lead: Json, nth: int) -> Json:
    call: Json = {
        "lead_id": lead["id"],
        "kind": "CALL",
        "at": lead["updated_at"],
        "result": "INTERESTED" if nth < CONVERTED else "CALL_BACK",
        "checklist": [{"question": "有预算吗？", "answer": "今年", "ok": True}],
    }
    if nth >= CONVERTED:
        call |= {"next_step": "再次致电", "next_step_on": clock.days_ahead(1 + nth % 3)}
    return call


async def recycle(market: Market, team: Sequence[Json], pool_id: str, claimer: Person) -> Json:
    """Let the clock take the leads of who called nobody, and another seller claim the best.

    A demo cannot wait three days: their clocks are put back, in the database and nowhere else.
    """
    idle = next(one for one in team if one["name"] == LETS_LIE)
    mine = f"/mtl/v1/leads?owner_id={idle['subject']}&status__in=RAW,MQL,SQL"
    if (await market.admin.get("/mtl/v1/rule-sets/lead_retention"))["version"]:
        return {"former_owner": LETS_LIE, "due": 0, "recycled": 0, "claimed": 0}
    due = [one["id"] async for one in market.admin.everything(mine)]
    await clock.put_back(due, days=market_setup.DAYS_TO_CALL + 1)
    await market_setup.ensure_retention(market.admin, pool_id)
    left = due
    for _ in range(240):
        left = [one["id"] async for one in market.admin.everything(mine)]
        if not left:
            break
        await asyncio.sleep(0.25)
    claimed = await claimer.post(f"/mtl/v1/pools/{pool_id}/claim", {"count": CLAIMED})
    return {
        "former_owner": LETS_LIE,
        "due": len(due),
        "recycled": len(due) - len(left),
        "claimed": len(claimed["leads"]),
        "timeline": await _timeline(market.admin, due),
    }


async def _timeline(admin: Person, lead_ids: Sequence[str]) -> list[Json]:
    """Return what happened to the first of these leads, newest first."""
    if not lead_ids:
        return []
    entries: list[Json] = (await admin.get(f"/mtl/v1/leads/{lead_ids[0]}/timeline"))["items"]
    return entries


async def clock_of_one(seller: Person, subject: str) -> Json | None:
    """Return the clock of a lead that the seller has called, in words."""
    path = f"/mtl/v1/leads?owner_id={subject}&status=SQL&sort=falls_back_at"
    called = [one async for one in seller.everything(path) if one["follow_up_count"]]
    return await seller.get(f"/mtl/v1/leads/{called[0]['id']}/clock") if called else None


def distribution(leads: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return how many leads each owner has of each grade; those without one are in the pool."""
    counts: dict[str, Counter[str]] = {}
    for lead in leads:
        owner = lead["owner_name"] or market_setup.POOL
        counts.setdefault(owner, Counter())[lead["grade"] or "-"] += 1
    return {owner: dict(sorted(grades.items())) for owner, grades in sorted(counts.items())}
