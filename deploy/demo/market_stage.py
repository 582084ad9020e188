"""The stage from market to lead, from one step to the next, and the checks of its report."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from deploy.demo import grading, imports, leads_file, market, metrics
from deploy.demo.client import Json, Person
from deploy.demo.imports import Bar
from deploy.demo.leads_file import HISTORY_CONVERTED, LeadsFile
from deploy.demo.report import percentile

WORTH_TRUSTING = 0.75  # of an AUC; 0.5 is chance


async def learn(
    admin: Person, seller: Person, bar: Bar, meanwhile: Callable[[], Awaitable[None]]
) -> tuple[market.Market, Json]:
    """Import the oldest leads, end them as the file says, and train a model from them.

    While the model is trained, `meanwhile` takes some of the converted ones to cash.
    """
    file = LeadsFile.read()
    stage = await market.prepare(admin, seller, file)
    source = leads_file.as_source(file.history, "oldest-leads.csv")
    with bar(f"importing {source.file_name}") as progress:
        imported = await imports.import_file(seller, "mtl.lead", source, progress)
    with bar(f"ending {len(file.history)} leads as the file says") as progress:
        latencies = await market.end_history(stage, progress)
    model, _ = await asyncio.gather(market.train(admin), meanwhile())
    return stage, {
        "input": file.description,
        "imports": [imported],
        "conversion_ms": {
            "converted_now": len(latencies),
            "p50": percentile(latencies, 0.5),
            "p99": percentile(latencies, 0.99),
        },
        "model": model,
    }


async def run(stage: market.Market, bar: Bar, *, seller: Person, subject: str) -> dict[str, Any]:
    """Let new leads come in, and take them through the stage; `seller` is one of the team."""
    admin, file = stage.admin, stage.file
    team, pool_id = await market.prepare_distribution(admin)
    source = leads_file.as_source(file.waiting, "later-leads.csv")
    with bar(f"importing {source.file_name}") as progress:
        imported = await imports.import_file(stage.seller, "mtl.lead", source, progress)
    captured = await market.capture(stage)
    leads = await market.leads_of_form(admin)
    given = market.distribution(leads)
    worked = await market.work(admin, seller, subject, leads)
    recycled = await market.recycle(stage, team, pool_id, seller)
    return {
        "imports": [imported],
        "capture": captured,
        "grading": await _grading(stage, leads),
        "distribution": given,
        "work": worked,
        "recycling": recycled,
        "clock": await market.clock_of_one(seller, subject),
        "metrics": await metrics.read_page(admin),
    }


async def _grading(stage: market.Market, leads: Sequence[Json]) -> Json:
    """Compare the scores of leads that the model has not seen with how they ended."""
    outcomes = stage.file.outcomes
    path = "/mtl/v1/leads?fields=external_id,score,grade"
    everything = [one async for one in stage.admin.everything(path)]
    known = {row[leads_file.NUMBER] for row in stage.file.history}
    unseen = grading.graded(
        [one for one in everything if one["external_id"] not in known], outcomes
    )
    captured = grading.graded(leads, outcomes)
    return {
        "auc_captured": grading.auc(captured),
        "captured": grading.shares(captured),
        "auc_unseen": grading.auc(unseen),
        "unseen": grading.shares(unseen),
    }


def checks(report: Mapping[str, Any]) -> dict[str, bool]:
    """Return the checks of the stage."""
    captured, graded = report["capture"], report["grading"]
    shares = [row["share"] for row in graded["unseen"]]  # from the best grade on
    recycled = report["recycling"]
    return {
        "every_capture_has_an_outcome": sum(captured["outcomes"].values())
        == leads_file.CAPTURED + len(market.SPAM)
        and captured["new"] + captured["sent_again"] == captured["sent"],
        "model_is_learned_from_200_converted": report["model"]["converted"] >= _LEARNED,
        "grades_tell_who_converts": (graded["auc_unseen"] or 0) >= WORTH_TRUSTING
        and shares[0] > shares[-1],
        # After an earlier run some have fallen back, or were converted.
        "good_leads_go_by_turn": not captured["new"] or _is_fair(report["distribution"]),
        "clock_takes_all_that_lay": recycled["recycled"] == recycled["due"],
        "charts_count_what_lists_hold": metrics.matches_lists(report["metrics"]),
    }


_LEARNED = HISTORY_CONVERTED * 3 // 4  # a part is kept to measure the model


def _is_fair(distribution: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether the sellers got as many good leads each, within one."""
    good = [
        sum(count for grade, count in grades.items() if grade in "AB")
        for owner, grades in distribution.items()
        if owner in market.TEAM
    ]
    return max(good, default=0) - min(good, default=0) <= 1
