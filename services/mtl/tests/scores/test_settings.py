"""The settings of scores: weights of parts, worth of touches, and what they make of leads."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done
from mtl.leads.domain.scoring import Behavior, LeadScoring, behavior_of, scored
from mtl.score_settings.domain import ScoreSettings, TouchWorth
from mtl.scores.timers import count_behavior, rescore_leads
from scoring.behavior import Touch
from scoring.blend import ScorePart
from services.mtl.tests.factories import NOON, create, make_lead, problem, violations
from services.mtl.tests.scores.test_rules import RULES, publish
from testkit.jobs import job_of, make_job
from testkit.plugin import PublishedFacts

HALF_AND_HALF: dict[str, Any] = {
    "weights": {"ATTRIBUTE": 50, "BEHAVIOR": 50},
    "touches": {
        "FORM": {"points": 60, "half_life_days": 30},
        "PAGE_VISIT": {"points": 10, "cap": 20, "half_life_days": 7},
    },
}


async def publish_settings(
    client: AsyncClient, settings: dict[str, Any], based_on: int = 0
) -> dict[str, Any]:
    body = {"settings": settings, "based_on": based_on, "note": "winter"}
    answer = await client.post("/score-settings/versions", json=body)
    assert answer.status_code == 201, answer.text
    version: dict[str, Any] = answer.json()
    return version


async def touch(client: AsyncClient, lead_id: str, kind: str, days_ago: int = 0) -> None:
    at = (now() - timedelta(days=days_ago)).isoformat()
    answer = await client.post(f"/leads/{lead_id}/touches", json={"kind": kind, "at": at})
    assert answer.status_code == 201, answer.text


async def score_of(client: AsyncClient, lead_id: str) -> dict[str, Any]:
    answer = await client.get(f"/leads/{lead_id}/score")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def run_behavior(tx: AsyncConnection, lead_id: str) -> Done | Again:
    query = select(jobs).where(jobs.c.kind == "lead_behavior", jobs.c.key == lead_id)
    return await count_behavior(tx, replace(job_of((await tx.execute(query)).one()), key=lead_id))


def test_an_absent_part_takes_no_weight() -> None:
    """A part that is absent takes no weight, and without any there is no score."""
    settings = ScoreSettings(
        weights={ScorePart.BEHAVIOR: 3, ScorePart.ATTRIBUTE: 1},
        touches={"FORM": TouchWorth(points=1)},
    )
    without_rules = scored(make_lead(behavior_score=70), LeadScoring(settings=settings), {})
    assert (without_rules.score, without_rules.grade) == (70, "B")
    assert without_rules.attribute_score is None
    nothing = scored(make_lead(behavior_score=70), LeadScoring(), {})
    assert (nothing.score, nothing.grade, nothing.behavior_score) == (None, None, None)


def test_behavior_is_counted_again_when_five_points_have_decayed() -> None:
    """60 points of 100, halved in 30 days: 55 are left after 30 * log2(60 / 55) = 3.766 days."""
    settings = ScoreSettings(
        weights={ScorePart.BEHAVIOR: 1}, touches={"FORM": TouchWorth(points=60, half_life_days=30)}
    )
    found = behavior_of(settings, [Touch("FORM", NOON)], NOON)
    assert found.score == 60
    assert found.count_again_at is not None
    assert timedelta(days=3.76) < found.count_again_at - NOON < timedelta(days=3.77)
    later = behavior_of(settings, [Touch("FORM", NOON)], NOON + timedelta(days=30))
    assert later.score == 30
    assert behavior_of(settings, [], NOON) == Behavior(0, None)
    kept = replace(settings, touches={"FORM": TouchWorth(points=60)})
    assert behavior_of(kept, [Touch("FORM", NOON)], NOON) == Behavior(60, None)


async def test_before_the_first_version_only_attributes_count(client: AsyncClient) -> None:
    settings = (await client.get("/score-settings")).json()
    assert (settings["version"], settings["published"]) == (0, None)
    assert settings["settings"]["weights"] == {"ATTRIBUTE": 100, "BEHAVIOR": 0, "INTELLIGENT": 0}
    await publish(client, RULES)
    lead = await create(client, company="a", job_title="经理")
    await touch(client, lead["id"], "FORM")
    found = await score_of(client, lead["id"])
    assert (found["score"], found["grade"], found["behavior"]) == (30, "D", [])
    [part] = found["parts"]
    assert part == {
        "part": "ATTRIBUTE",
        "label": "Attributes",
        "score": 30,
        "weight": 100,
        "share": "30",
    }


async def test_touches_raise_the_score_and_its_parts_are_explained(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    """经理 30, two visits 20, one form 60: (30 + 80) / 2 = 55."""
    await publish(client, RULES)
    await publish_settings(client, HALF_AND_HALF)
    lead = await create(client, company="a", job_title="经理")
    assert lead["score"] == 15
    for kind in ("FORM", "PAGE_VISIT", "PAGE_VISIT", "PAGE_VISIT", "CALL"):
        await touch(client, lead["id"], kind)
    again = await run_behavior(tx, lead["id"])
    assert isinstance(again, Again)
    found = await score_of(client, lead["id"])
    assert (found["score"], found["grade"]) == (55, "C")
    assert {one["part"]: (one["score"], one["share"]) for one in found["parts"]} == {
        "ATTRIBUTE": (30, "15"),
        "BEHAVIOR": (80, "40"),
    }
    kinds = {one["kind"]: (one["label"], one["touches"]) for one in found["behavior"]}
    assert kinds == {"FORM": ("Form", 1), "PAGE_VISIT": ("Page visit", 3)}
    assert (await client.get(f"/leads/{lead['id']}")).json()["version"] == 2
    assert (await published())[-1].type == "mtl.lead.scored.v1"
    chinese = await client.get(f"/leads/{lead['id']}/score", headers={"Accept-Language": "zh-CN"})
    assert chinese.json()["parts"][0]["label"] == "属性分"


async def test_an_edit_keeps_the_part_of_behavior(client: AsyncClient, tx: AsyncConnection) -> None:
    await publish_settings(client, HALF_AND_HALF)
    lead = await create(client, company="a")
    await touch(client, lead["id"], "FORM", days_ago=30)
    await run_behavior(tx, lead["id"])
    edited = await client.patch(f"/leads/{lead['id']}", json={"company": "b"})
    assert (edited.json()["score"], edited.json()["grade"]) == (30, "D")


async def test_a_change_of_settings_scores_all_leads_anew(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = await create(client, company="a")
    await touch(client, lead["id"], "FORM")
    untouched = await create(client, company="b")
    await publish_settings(client, HALF_AND_HALF)
    [job] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_rescoring"))).all()
    assert await rescore_leads(tx, job_of(job)) == Done()
    assert (await score_of(client, lead["id"]))["score"] == 60
    assert (await score_of(client, untouched["id"]))["score"] == 0
    [behavior] = (await tx.execute(select(jobs).where(jobs.c.kind == "lead_behavior"))).all()
    assert behavior.key == lead["id"]


async def test_a_lead_that_is_gone_is_not_counted(client: AsyncClient, tx: AsyncConnection) -> None:
    await publish_settings(client, HALF_AND_HALF)
    lead = await create(client, company="a")
    await touch(client, lead["id"], "FORM")
    await client.delete(f"/leads/{lead['id']}")
    job = make_job(lead["id"], "lead_behavior", lead["id"])
    assert await count_behavior(tx, job) == Done()


async def test_settings_are_tried_before_they_are_published(client: AsyncClient) -> None:
    await publish(client, RULES)
    manager = await create(client, company="a", job_title="经理", company_size="FROM_500")
    await create(client, company="b")
    await touch(client, manager["id"], "FORM")
    answer = await client.post("/score-settings/dry-run", json={"settings": HALF_AND_HALF})
    found = answer.json()
    assert (found["leads"], found["changed"], found["is_complete"]) == (2, 0, True)
    more = {**HALF_AND_HALF, "full_behavior": 60}
    answer = await client.post("/score-settings/dry-run", json={"settings": more})
    assert answer.json()["changed"] == 1
    assert {"before": "B", "after": "A", "leads": 1} in answer.json()["grades"]


async def test_versions_are_kept_and_based_on_each_other(client: AsyncClient) -> None:
    first = await publish_settings(client, HALF_AND_HALF)
    assert (first["version"], first["published"]["note"]) == (1, "winter")
    assert await publish_settings(client, HALF_AND_HALF) == first
    body = {"settings": {**HALF_AND_HALF, "cap": 90}, "based_on": 0}
    stale = await client.post("/score-settings/versions", json=body)
    assert problem(stale) == (409, "RULE_VERSION_STALE")
    await publish_settings(client, {**HALF_AND_HALF, "cap": 90}, based_on=1)
    versions = (await client.get("/score-settings/versions")).json()["items"]
    assert [one["number"] for one in versions] == [2, 1]


async def test_contradictions_are_refused_with_every_violation(client: AsyncClient) -> None:
    settings: dict[str, Any] = {"weights": {"BEHAVIOR": 1, "INTELLIGENT": 1}}
    body: dict[str, Any] = {"settings": settings, "based_on": 0}
    refused = await client.post("/score-settings/versions", json=body)
    assert refused.status_code == 422
    assert violations(refused) == {
        ("/settings/touches", "SCORE_TOUCHES_MISSING"),
        ("/settings/model", "SCORE_MODEL_MISSING"),
    }
    settings |= {"weights": {}, "model": 7}
    refused = await client.post("/score-settings/versions", json=body)
    assert violations(refused) == {
        ("/settings/weights", "SCORE_WEIGHTS_EMPTY"),
        ("/settings/model", "SCORE_MODEL_UNKNOWN"),
    }
    settings |= {
        "weights": {"ATTRIBUTE": 101, "LUCK": 1},
        "touches": {"SPELL": {"points": 1}, "FORM": {"points": -1, "half_life_days": 0}},
        "model": 2**31,
        "full_behavior": 0,
    }
    refused = await client.post("/score-settings/versions", json=body)
    assert refused.status_code == 422
    assert len(violations(refused)) >= 7
