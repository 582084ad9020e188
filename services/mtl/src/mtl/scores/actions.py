"""Scores stored leads anew, and publishes the settings of scores."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.web.commands import Command
from kernel.errors import Invalid, NotFound, Violation
from mtl.leads.actions.rescoring import next_to_rescore, one_to_rescore, rescore
from mtl.leads.actions.scoring import scorer_of
from mtl.leads.domain.lead import Lead
from mtl.rule_sets.store import SCORE_SETTINGS, VERSIONS
from mtl.score_models.store import trained_model
from mtl.score_settings.domain import ScoreSettings
from mtl.scores.views import behavior_of_leads
from rules.versions import Draft, RuleVersion, publish
from scoring.blend import ScorePart

RESCORING_JOB: Final = "lead_rescoring"


async def start_rescoring(tx: AsyncConnection, *, now: datetime) -> None:
    """Queue the scoring of all leads anew; one that waits already begins from the start."""
    payload = {"after": None}
    await queue.enqueue(tx, RESCORING_JOB, "all", run_at=now, payload=payload, replace=True)


async def rescore_chunk(
    command: Command, after: UUID | None
) -> tuple[UUID | None, dict[UUID, datetime]]:
    """Score the next leads by id anew; return the last one, None at the end.

    Also returns when the behavior of these leads must be counted again.
    """
    leads, last = await next_to_rescore(command.tx, after)
    return last, await _rescore(command, leads)


async def rescore_lead(command: Command, lead_id: UUID) -> datetime | None:
    """Score a lead anew by its touches; return when its behavior must be counted again."""
    leads = await one_to_rescore(command.tx, lead_id)
    return (await _rescore(command, leads)).get(lead_id)


async def _rescore(command: Command, leads: Sequence[Lead]) -> dict[UUID, datetime]:
    scorer = await scorer_of(command.tx)
    settings, ids = scorer.scoring.settings, [lead.id for lead in leads]
    found = await behavior_of_leads(command.tx, settings, ids, command.now)
    await rescore(command, scorer, leads, {lead_id: one.score for lead_id, one in found.items()})
    moments = {lead_id: one.count_again_at for lead_id, one in found.items()}
    return {lead_id: at for lead_id, at in moments.items() if at is not None}


async def publish_settings(
    command: Command, settings: ScoreSettings, *, based_on: int, note: str
) -> RuleVersion:
    """Publish settings as the next version, in force at once; all leads are scored anew.

    Returns the version in force if it has these settings already. Raises what `check_settings`
    raises, and Conflict (RULE_VERSION_STALE) if another version was published meanwhile.
    """
    tx = command.tx
    await check_settings(tx, settings)
    latest = await VERSIONS.latest(tx, SCORE_SETTINGS)
    draft = Draft(content=settings.to_json(), based_on=based_on)
    version = publish(latest, draft, by=command.actor or "", at=command.now, note=note)
    if version is not latest:
        await VERSIONS.add(tx, SCORE_SETTINGS, version)
        await start_rescoring(tx, now=command.now)
    return version


async def check_settings(tx: AsyncConnection, settings: ScoreSettings) -> None:
    """Refuse settings that contradict themselves.

    Raises Invalid with all violations: SCORE_WEIGHTS_EMPTY where no part counts,
    SCORE_TOUCHES_MISSING and SCORE_MODEL_MISSING for a part with a weight that can never have a
    value, SCORE_MODEL_UNKNOWN.
    """
    violations = []
    if not any(settings.weights.values()):
        violations.append(Violation("/settings/weights", "SCORE_WEIGHTS_EMPTY"))
    if settings.weights.get(ScorePart.BEHAVIOR) and not settings.touches:
        violations.append(Violation("/settings/touches", "SCORE_TOUCHES_MISSING"))
    if settings.weights.get(ScorePart.INTELLIGENT) and settings.model is None:
        violations.append(Violation("/settings/model", "SCORE_MODEL_MISSING"))
    if settings.model is not None and not await _is_model(tx, settings.model):
        violations.append(Violation("/settings/model", "SCORE_MODEL_UNKNOWN"))
    if violations:
        raise Invalid(violations)


async def _is_model(tx: AsyncConnection, number: int) -> bool:
    try:
        await trained_model(tx, number)
    except NotFound:
        return False
    return True
