"""Starts the training of a model, and stores what came of it."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from chassis.jobs import queue
from chassis.records.custom_fields.store import definitions_of
from chassis.web.commands import Command
from chassis.web.operations import store as operations
from kernel.errors import Conflict, Invalid, Violation
from kernel.ids import new_id
from mtl.leads.store import LEADS
from mtl.score_models.store import StoredModel, add_model
from mtl.trainings.domain import TrainingDeclaration, unknown_fields
from mtl.trainings.views import count_outcomes
from scoring.examples import TooFewExamples
from scoring.frequency import MINIMUM_EXAMPLES
from scoring.trained import ModelKind

TRAINING_JOB: Final = "score_model_training"
OPERATION: Final = "score_model.train"


async def start_training(command: Command, declared: TrainingDeclaration) -> operations.Operation:
    """Queue the training of a model; its operation ends with the number of the model.

    Raises Invalid (RULE_FIELD_UNKNOWN) for a field that no lead has, TooFewExamples under 20
    converted or lost leads, and Conflict (SCORE_MODEL_TRAINING) while another one is being trained.
    """
    tx = command.tx
    await _ensure_fields(command, declared)
    counts = await count_outcomes(tx)
    if min(counts.won, counts.lost) < MINIMUM_EXAMPLES:
        raise TooFewExamples(counts, MINIMUM_EXAMPLES)
    operation_id = new_id()
    payload = {**declared.to_json(), "operation_id": str(operation_id), "by": command.actor or ""}
    queued = await queue.enqueue(tx, TRAINING_JOB, "all", run_at=command.now, payload=payload)
    if not queued:
        raise Conflict("SCORE_MODEL_TRAINING")
    return await operations.start_operation(tx, operation_id, OPERATION, {})


async def end_training(
    command: Command, operation_id: UUID, number: int, answer: Mapping[str, Any]
) -> None:
    """Store the trained model and end the operation; a `problem` in the answer fails it."""
    if "problem" in answer:
        await operations.fail_operation(command.tx, operation_id, answer["problem"])
        return
    model = StoredModel(
        id=new_id(),
        number=number,
        kind=ModelKind(answer["document"]["kind"]),
        document=answer["document"],
        card=answer["card"],
        profile=answer["profile"],
        trained_by=command.actor or "",
        trained_at=command.now,
    )
    await add_model(command.tx, model)
    await operations.finish_operation(command.tx, operation_id, {"number": number})


async def _ensure_fields(command: Command, declared: TrainingDeclaration) -> None:
    custom = await definitions_of(command.tx, LEADS.resource)
    named = {f"/written_later/{n}/field": name for n, name in enumerate(declared.written_later)}
    named |= {f"/confirmed/{n}": name for n, name in enumerate(declared.confirmed)}
    unknown = unknown_fields(named.values(), custom)
    violations = [
        Violation(pointer, "RULE_FIELD_UNKNOWN", {"field": name})
        for pointer, name in named.items()
        if name in unknown
    ]
    if violations:
        raise Invalid(violations)
