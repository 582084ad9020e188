"""Models over HTTP: trained from leads as they were captured, used by settings, explained."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.database.rows import to_columns
from chassis.jobs.queue import Again, Done, Job
from mtl.leads.domain.moves import CONVERTED, INVALID, InvalidReason
from mtl.leads.store import leads
from mtl.trainings import timers
from mtl.trainings.timers import give_up_training, train_score_model
from mtl.trainings.views import training_examples
from scoring.training_process import TrainingFailed
from services.mtl.tests.factories import create, make_lead, problem, violations
from testkit.jobs import job_of
from testkit.tokens import bearer

START = datetime(2026, 1, 1, tzinfo=UTC)
SOURCES = ("展会", "官网", "广告")


async def add_ended(tx: AsyncConnection, count: int) -> None:
    """Add leads that ended, captured an hour apart: of those from a fair two in three were won."""
    rows = []
    for n in range(count):
        source = SOURCES[n % 3]
        won = n % 9 < 6 if source == "展会" else n % 8 == 0
        status = {"status": CONVERTED} if won else {"status": INVALID, "status_reason": "NO_NEED"}
        at = START + timedelta(hours=n)
        lead = make_lead(
            company=f"公司{n}",
            source=source,
            industry="制造" if n % 2 else "教育",
            phone=f"+8613{n:09d}" if n % 4 else None,
            created_at=at,
            updated_at=at,
            **status,
        )
        rows.append(to_columns(leads, lead))
    await tx.execute(insert(leads), rows)


async def job_row(tx: AsyncConnection) -> Job:
    [row] = (await tx.execute(select(jobs).where(jobs.c.kind == "score_model_training"))).all()
    return job_of(row)


async def train(client: AsyncClient, tx: AsyncConnection, body: Any = None) -> dict[str, Any]:
    """Train a model, with the job run here; return its operation."""
    started = await client.post("/score-models", json=body or {})
    assert started.status_code == 202, started.text
    job = await job_row(tx)
    while isinstance(await train_score_model(tx, job), Again):  # noqa: ASYNC110  # a process
        await asyncio.sleep(0.1)
    await tx.execute(delete(jobs))
    operation: dict[str, Any] = (await client.get(f"/operations/{started.json()['id']}")).json()
    return operation


async def test_frequencies_are_counted_from_few_leads(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_ended(tx, 120)
    operation = await train(client, tx)
    assert (operation["status"], operation["result"]) == ("SUCCEEDED", {"number": 1})
    model = (await client.get("/score-models/1")).json()
    assert (model["kind"], model["kind_text"], model["auc"]) == (
        "FREQUENCY",
        "Frequencies",
        None,
    )
    assert {one["label"] for one in model["fields_used"]} >= {"Source", "Industry"}
    assert model["converted"] + model["lost"] == 120


async def test_a_learned_model_scores_leads_and_says_why(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_ended(tx, 700)
    later = {"written_later": [{"field": "industry", "reason": "Set by sales"}]}
    operation = await train(client, tx, later)
    assert operation["status"] == "SUCCEEDED", operation
    [model] = (await client.get("/score-models")).json()["items"]
    assert model["kind"] == "LEARNED"
    assert 0.6 < float(model["auc"]) <= 1
    assert len(model["calibration"]) == 10
    excluded = {one["field"]: (one["reason"], one["note"]) for one in model["fields_excluded"]}
    assert excluded["industry"] == ("WRITTEN_LATER", "Set by sales")
    settings = {"weights": {"INTELLIGENT": 1}, "model": 1}
    body = {"settings": settings, "based_on": 0}
    assert (await client.post("/score-settings/versions", json=body)).status_code == 201
    fair = await create(client, company="a", source="展会")
    advert = await create(client, company="b", source="广告")
    assert fair["score"] > advert["score"]
    found = (await client.get(f"/leads/{fair['id']}/score")).json()
    assert (found["model"], found["reasons"][0]["label"]) == (1, "Source")
    assert found["reasons"][0]["direction"] == "UP"
    drifted = (await client.get("/score-models/1/drift")).json()
    assert drifted == {"leads": 2, "fields": []}


async def test_new_leads_that_differ_show_as_drift(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_ended(tx, 700)
    await train(client, tx)
    recent = datetime.now(UTC) - timedelta(days=1)
    rows = [
        to_columns(
            leads, make_lead(company=f"n{n}", source="官网", created_at=recent, updated_at=recent)
        )
        for n in range(60)
    ]
    await tx.execute(insert(leads), rows)
    answer = (await client.get("/score-models/1/drift")).json()
    assert answer["leads"] == 60
    levels = {one["field"]: one["level"] for one in answer["fields"]}
    assert levels["source"] == "LARGE"


async def test_examples_are_leads_as_they_were_captured(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """What is edited later, and leads that were known before, teach nothing."""
    won = await create(
        client, company="a", source="展会", budget={"amount": "10", "currency": "CNY"}
    )
    await client.patch(f"/leads/{won['id']}", json={"source": "广告", "email": "w@example.com"})
    known = await create(client, company="b")
    ends: list[tuple[Any, dict[str, Any]]] = [
        (won, {"status": CONVERTED}),
        (known, {"status": INVALID, "status_reason": InvalidReason.ALREADY_KNOWN}),
    ]
    for lead, values in ends:
        changed = update(leads).where(leads.c.id == UUID(lead["id"])).values(**values)
        await tx.execute(changed)
    [example] = await training_examples(tx)
    assert (example.is_won, example.fields["source"]) == (True, "展会")
    assert (example.fields["has_email"], example.fields["budget"]) == (False, 10)


async def test_too_few_examples_are_refused_with_the_counts(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_ended(tx, 30)
    refused = await client.post("/score-models", json={})
    assert problem(refused) == (409, "SCORING_TOO_FEW_EXAMPLES")
    assert "20 leads that were converted" in refused.json()["detail"]
    chinese = await client.post("/score-models", json={}, headers={"Accept-Language": "zh-CN"})
    assert "至少需要 20 条已转化" in chinese.json()["detail"]


async def test_one_model_at_a_time_is_trained(client: AsyncClient, tx: AsyncConnection) -> None:
    await add_ended(tx, 120)
    assert (await client.post("/score-models", json={})).status_code == 202
    again = await client.post("/score-models", json={})
    assert problem(again) == (409, "SCORE_MODEL_TRAINING")


async def test_unknown_fields_are_refused_together(client: AsyncClient) -> None:
    body = {
        "written_later": [{"field": "mood", "reason": "x"}, {"field": "source", "reason": "y"}],
        "confirmed": ["custom.none"],
    }
    refused = await client.post("/score-models", json=body)
    assert violations(refused) == {
        ("/written_later/0/field", "RULE_FIELD_UNKNOWN"),
        ("/confirmed/0", "RULE_FIELD_UNKNOWN"),
    }


async def test_a_training_that_fails_for_good_ends_its_operation(
    client: AsyncClient, tx: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await add_ended(tx, 700)
    started = await client.post("/score-models", json={})
    job = await job_row(tx)

    async def broken(_request: object) -> Any:
        raise TrainingFailed("no memory")

    monkeypatch.setattr(timers, "train_in_process", broken)
    assert isinstance(await train_score_model(tx, job), Again)
    await asyncio.sleep(0)
    with pytest.raises(TrainingFailed):
        await train_score_model(tx, job)
    await give_up_training(tx, job)
    operation = (await client.get(f"/operations/{started.json()['id']}")).json()
    assert (operation["status"], operation["problem"]["code"]) == (
        "FAILED",
        "SCORING_TRAINING_FAILED",
    )


async def test_another_worker_waits_for_a_training_until_its_lease_ends(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_ended(tx, 120)
    await client.post("/score-models", json={})
    job = await job_row(tx)
    lease = {"worker": "another", "until": (job.now + timedelta(seconds=9)).isoformat()}
    waiting = Job(**{**vars(job), "payload": {**job.payload, **lease}})
    assert isinstance(await train_score_model(tx, waiting), Again)
    late = Job(**{**vars(waiting), "now": job.now + timedelta(seconds=10)})
    assert await train_score_model(tx, late) == Done()


async def test_sellers_neither_train_nor_read_models(client: AsyncClient, tenant: UUID) -> None:
    seller = bearer(tenant, scope="mtl.lead.read mtl.lead.write")
    for method, path in [("GET", "/score-models"), ("GET", "/score-settings")]:
        answer = await client.request(method, path, headers=seller)
        assert problem(answer) == (403, "SCOPE_MISSING")
    reader = bearer(tenant, scope="mtl.rule.read")
    answer = await client.post("/score-models", json={}, headers=reader)
    assert problem(answer) == (403, "SCOPE_MISSING")


async def test_rows_of_one_instant_are_examples_in_the_order_of_their_file(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """All that were lost ended after all that were won; both were captured in turn."""
    rows = []
    for n in range(10):
        status = {"status": CONVERTED} if n % 2 else {"status": INVALID}
        ended = START + timedelta(hours=n % 2)
        rows.append(make_lead(company=f"公司{n}", created_at=START, updated_at=ended, **status))
    await tx.execute(insert(leads), [to_columns(leads, one) for one in rows])
    assert [one.is_won for one in await training_examples(tx)] == [False, True] * 5
