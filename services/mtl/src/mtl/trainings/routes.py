"""The HTTP API of models that are trained from the leads of a tenant."""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Path, Request, Response

from chassis.foundation.clock import Now
from chassis.web.auth import allow
from chassis.web.commands import CreateCommand
from chassis.web.operations.responses import OPERATION_RESPONSES, OperationOut, OperationResponse
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.score_models import store
from mtl.trainings.actions import start_training
from mtl.trainings.schemas import ScoreModelDriftOut, ScoreModelOut, ScoreModelTrainIn
from mtl.trainings.views import leads_captured_since
from scoring.model import ScoringModel
from scoring.monitoring import FieldProfile, drift, profile_fields
from scoring.trained import trained_model_from_json

DRIFT_DAYS: Final = 30
LEAST_COMPARED: Final = 50
ModelNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
READ, WRITE = [allow("mtl.rule.read")], [allow("mtl.rule.write")]
router = new_router("/score-models", tag="score models")


@router.post(
    "",
    status_code=202,
    response_model=OperationOut,
    responses=OPERATION_RESPONSES,
    dependencies=WRITE,
    summary="Train a model",
)
async def score_model_train(
    request: Request, body: ScoreModelTrainIn, command: CreateCommand
) -> Response:
    """Train a model from the converted and the lost leads, as they were when captured.

    The operation ends with the `number` of the model, which scores no lead before the settings name
    it. From 200 converted and 200 lost leads on it is learned, from 20 of each frequencies are
    counted, and with fewer the answer is 409 `SCORING_TOO_FEW_EXAMPLES`.
    """
    return OperationResponse(request, await start_training(command, body.declaration()))


@router.get("", dependencies=READ, summary="List models, newest first")
async def score_model_list(tx: Tx, page: PageParams) -> Page[ScoreModelOut]:
    """List the trained models with their cards."""
    return await fetch_page(tx, store.models_query(), page, shape=ScoreModelOut.of)


@router.get("/{number}", dependencies=READ, summary="Get a model")
async def score_model_get(number: ModelNumber, tx: Tx) -> ScoreModelOut:
    """Get a model with its card: how good it is, which fields it reads, and which not and why."""
    return ScoreModelOut.of(vars(await store.get_model(tx, number)))


@router.get("/{number}/drift", dependencies=READ, summary="Compare new leads with a model's")
async def score_model_drift(number: ModelNumber, tx: Tx, now: Now) -> ScoreModelDriftOut:
    """Compare the leads of the last 30 days, at most 5,000, with those of the training.

    A model of frequencies knows no distributions: its answer has no fields.
    """
    stored = await store.get_model(tx, number)
    model = trained_model_from_json(stored.document).model
    leads = await leads_captured_since(tx, now - timedelta(days=DRIFT_DAYS))
    if not isinstance(model, ScoringModel) or len(leads) < LEAST_COMPARED:
        return ScoreModelDriftOut.of(len(leads), ())
    expected = [FieldProfile(one["field"], tuple(one["counts"])) for one in stored.profile]
    return ScoreModelDriftOut.of(len(leads), drift(expected, profile_fields(model.encoding, leads)))


ROUTERS = (router,)
