"""The job that trains a model, in a process of its own."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.web.commands import Command
from chassis.web.operations import store as operations
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.score_models.store import next_number
from mtl.trainings.actions import end_training
from mtl.trainings.views import training_examples
from scoring.examples import Example, count_classes
from scoring.trained import TrainedModel, count_frequencies
from scoring.training_process import TrainingRequest, train_in_process

LEARNED_FROM: Final = 200  # converted, and as many lost leads; with fewer, frequencies are counted
LOOK_AGAIN: Final = timedelta(seconds=1)
LEASE: Final = timedelta(seconds=20)


class _Trainings:
    """The trainings that run beside this worker, by the ids of their jobs.

    A job's transaction must not last as long as a training: events of other transactions would
    wait for it. So a chunk of the job starts the process, and later ones look whether it has
    ended. The payload says which worker waits for it; another one begins anew if that one is gone.
    """

    def __init__(self) -> None:
        self._worker = str(new_id())
        self._running: dict[UUID, tuple[int, asyncio.Task[Mapping[str, Any]]]] = {}

    async def step(self, tx: AsyncConnection, job: Job) -> tuple[int, Mapping[str, Any]] | Again:
        """Begin or look; return the number of the model and the answer once there is one."""
        if job.id not in self._running:
            if self._waits_elsewhere(job):
                return Again(run_at=job.now + LOOK_AGAIN, payload=job.payload)
            number, examples = await next_number(tx), await training_examples(tx)
            counts = count_classes(examples)
            if min(counts.won, counts.lost) < LEARNED_FROM:
                return number, _counted(examples)
            request = TrainingRequest(
                version=number,
                examples=examples,
                written_later=job.payload["written_later"],
                confirmed=job.payload["confirmed"],
            )
            task = asyncio.create_task(train_in_process(request))
            self._running[job.id] = number, task
        number, task = self._running[job.id]
        if not task.done():
            lease = {"worker": self._worker, "until": (job.now + LEASE).isoformat()}
            return Again(run_at=job.now + LOOK_AGAIN, payload={**job.payload, **lease})
        del self._running[job.id]
        return number, task.result()

    def _waits_elsewhere(self, job: Job) -> bool:
        """Whether another worker is waiting for the training, and has been seen lately."""
        worker = job.payload.get("worker", self._worker)
        return worker != self._worker and job.now < datetime.fromisoformat(job.payload["until"])


_TRAININGS: Final = _Trainings()


async def train_score_model(tx: AsyncConnection, job: Job) -> Done | Again:
    """Train a model from the leads that have ended, and store it."""
    found = await _TRAININGS.step(tx, job)
    if isinstance(found, Again):
        return found
    number, answer = found
    command = Command(tx, job.now, actor=job.payload["by"])
    await end_training(command, UUID(job.payload["operation_id"]), number, answer)
    return Done()


async def give_up_training(tx: AsyncConnection, job: Job) -> None:
    """Fail the operation of a training that could not be carried out."""
    problem = {"code": "SCORING_TRAINING_FAILED"}
    await operations.fail_operation(tx, UUID(job.payload["operation_id"]), problem)


def _counted(examples: Sequence[Example]) -> dict[str, Any]:
    """Return a model of frequencies, in the form in which the process answers."""
    try:
        model = TrainedModel(count_frequencies(examples))
    except RuleBroken as problem:
        return {"problem": {"code": problem.code, "params": problem.params}}
    counts = count_classes(examples)
    card = {
        "trained_on": {"won": counts.won, "lost": counts.lost},
        "fields_used": list(model.fields),
        "fields_excluded": [],
    }
    return {"document": model.to_json(), "card": card, "profile": []}
