"""Trained models of both kinds: stored as JSON, scored, explained, trained in a process."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from scoring import training_process
from scoring.example_json import example_from_json, example_to_json
from scoring.examples import Example, TooFewExamples, Value
from scoring.model import InvalidModel
from scoring.reasons import Direction
from scoring.trained import (
    ModelKind,
    TrainedModel,
    count_frequencies,
    rounded_score,
    trained_model_from_json,
)
from scoring.training_process import TrainingFailed, TrainingRequest, train_in_process

START = datetime(2026, 1, 1, tzinfo=UTC)


def fair(n: int) -> Example:
    """An example: of those from a fair nine in ten are won, of the others one in ten."""
    source = "fair" if n % 2 else "web"
    is_won = (n // 2) % 10 < (9 if source == "fair" else 1)
    fields: dict[str, Value] = {"source": source, "size": n % 7, "note": f"note {n}"}
    return Example(START + timedelta(hours=n), fields, is_won)


def test_few_examples_are_counted_and_explained() -> None:
    model = TrainedModel(count_frequencies([fair(n) for n in range(60)]))
    assert (model.kind, model.fields) == (ModelKind.FREQUENCY, ("source",))
    stored = json.loads(json.dumps(model.to_json()))
    again = trained_model_from_json(stored)
    assert again.score({"source": "fair"}, START) == model.score({"source": "fair"}, START)
    assert model.score({"source": "fair"}, START) > 80 > 20 > model.score({"source": "web"}, START)
    [reason] = again.reasons({"source": "web"}, START)
    assert (reason.field, reason.value, reason.direction) == ("source", "web", Direction.DOWN)
    with pytest.raises(TooFewExamples):
        count_frequencies([fair(n) for n in range(30)])


@pytest.mark.parametrize(
    "document", [{}, {"kind": "MAGIC"}, {"kind": "FREQUENCY"}, {"kind": "LEARNED", "model": {}}]
)
def test_other_documents_are_no_models(document: dict[str, Any]) -> None:
    with pytest.raises(InvalidModel):
        trained_model_from_json(document)


def test_scores_are_rounded_half_up() -> None:
    assert [rounded_score(Decimal(one)) for one in ("0.49", "0.5", "62.50", "99.99")] == [
        0,
        1,
        63,
        100,
    ]


def test_examples_survive_json() -> None:
    fields = {
        "text": "展会",
        "none": None,
        "flag": True,
        "count": 3,
        "ratio": 0.25,
        "day": date(2026, 2, 3),
        "instant": START,
    }
    example = Example(START, fields, is_won=True)
    assert example_from_json(json.loads(json.dumps(example_to_json(example)))) == example
    amount = example_to_json(Example(START, {"amount": Decimal("1.50")}, is_won=False))
    assert amount["fields"] == {"amount": 1.5}


async def test_a_process_trains_as_the_library_does() -> None:
    request = TrainingRequest(
        version=4,
        examples=[fair(n) for n in range(600)],
        written_later={"size": "counted later"},
    )
    answer = await train_in_process(request)
    model = trained_model_from_json(answer["document"])
    assert (model.kind, model.fields) == (ModelKind.LEARNED, ("source",))
    assert answer["card"]["version"] == 4
    assert model.score({"source": "fair"}, START) > 70
    excluded = {one["field"]: one["reason"] for one in answer["card"]["fields_excluded"]}
    assert excluded == {"size": "WRITTEN_LATER", "note": "TOO_MANY_VALUES"}
    assert [one["field"] for one in answer["profile"]] == ["source"]


async def test_a_problem_comes_back_with_its_figures() -> None:
    answer = await train_in_process(TrainingRequest(version=1, examples=[fair(0), fair(1)]))
    params = {"won": 2, "lost": 0, "needed": 200}
    assert answer == {"problem": {"code": "SCORING_TOO_FEW_EXAMPLES", "params": params}}


async def test_a_process_that_fails_or_lasts_too_long_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Broken(TrainingRequest):
        def to_json(self) -> bytes:
            return b"{"

    with pytest.raises(TrainingFailed, match="JSONDecodeError"):
        await train_in_process(Broken(version=1, examples=[]))
    monkeypatch.setattr(training_process, "LONGEST_SECONDS", 0.01)
    with pytest.raises(TrainingFailed, match="too long"):
        await train_in_process(TrainingRequest(version=1, examples=[]))
