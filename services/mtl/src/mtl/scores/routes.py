"""The HTTP API of the rules and settings by which leads are scored."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.commands import CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.assignments.routes import LEAD_ASSIGNMENT_RULES
from mtl.leads.actions.scoring import lead_facts, scorer_of
from mtl.leads.domain.scoring import facts_of
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.tried import LeadFacts
from mtl.recyclings.routes import LEAD_RETENTION_RULES
from mtl.rule_sets.store import LEAD_SCORE, LEAD_TAGS, SCORE_SETTINGS, VERSIONS
from mtl.score_settings.domain import ScoreSettings
from mtl.scores.actions import check_settings, publish_settings, start_rescoring
from mtl.scores.schemas import (
    GradeChangeOut,
    LeadScoreOut,
    ScoreSettingsIn,
    ScoreSettingsOut,
    ScoreSettingsTryIn,
    ScoreTrialOut,
    check_tags,
)
from mtl.scores.views import try_settings
from mtl.texts import RULE_LABELS, TEXTS
from mtl.touches.store import touches_of
from rules.rule_kinds import RuleKind
from rules.rule_routes import RuleAdministration, explanation_router, rule_router
from rules.rule_schemas import RuleVersionOut
from rules.rule_sets import HitPolicy
from rules.versions import RuleVersion

READ, WRITE = [allow("mtl.rule.read")], [allow("mtl.rule.write")]
settings_router = new_router("/score-settings", tag="score settings")
router = new_router("/leads", tag="scores")


async def _published(tx: AsyncConnection, _version: RuleVersion, now: datetime) -> None:
    await start_rescoring(tx, now=now)


@settings_router.get("", dependencies=READ, summary="Get how scores are put together")
async def score_settings_get(tx: Tx) -> ScoreSettingsOut:
    """Get the settings in force: the weights of the parts, the worth of touches, the model."""
    latest = await VERSIONS.latest(tx, SCORE_SETTINGS)
    return ScoreSettingsOut.of(latest, ScoreSettings.of(latest))


@settings_router.get("/versions", dependencies=READ, summary="List the versions, newest first")
async def score_settings_versions(tx: Tx, page: PageParams) -> Page[RuleVersionOut]:
    """List the versions of the settings, with who published them and why."""
    query = VERSIONS.query(SCORE_SETTINGS)
    return await fetch_page(tx, query, page, shape=lambda row: RuleVersionOut(**row))


@settings_router.post(
    "/dry-run", dependencies=READ, openapi_extra=READ_ONLY, summary="Try other settings"
)
async def score_settings_dry_run(
    body: ScoreSettingsTryIn, tx: Tx, now: Now, visibility: Annotated[Visibility, may_list(LEADS)]
) -> ScoreTrialOut:
    """Count what other settings would change for the newest 2,000 leads that the caller sees."""
    settings = body.settings.settings()
    await check_settings(tx, settings)
    found = await try_settings(tx, settings, visibility, now)
    return ScoreTrialOut(
        leads=found.leads,
        changed=found.changed,
        is_complete=found.is_complete,
        grades=[
            GradeChangeOut(before=before, after=after, leads=count)
            for (before, after), count in found.grades.items()
        ],
    )


@settings_router.post(
    "/versions", status_code=201, dependencies=WRITE, summary="Publish other settings"
)
async def score_settings_publish(body: ScoreSettingsIn, command: CreateCommand) -> ScoreSettingsOut:
    """Publish settings as the next version, in force at once; all open leads are scored anew.

    Answers 409 `RULE_VERSION_STALE` if another version was published meanwhile.
    """
    settings = body.settings.settings()
    version = await publish_settings(command, settings, based_on=body.based_on, note=body.note)
    return ScoreSettingsOut.of(version, settings)


@router.get("/{lead_id}/score", dependencies=[may_read(LEADS)], summary="Why a lead has its score")
async def lead_score(lead_id: UUID, tx: Tx, now: Now) -> LeadScoreOut:
    """Get the parts of a lead's score, the worth of its touches now, and the model's reasons."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    scorer = await scorer_of(tx)
    touches = await touches_of(tx, [lead_id], list(scorer.scoring.settings.touches))
    return LeadScoreOut.of(lead, scorer.scoring, scorer.facts(lead), touches.get(lead_id, []), now)


_FACTS: Final = LeadFacts(facts_of)
LEAD_TAG_RULES: Final = RuleKind(
    name=LEAD_TAGS,
    label="RuleSet.lead_tags",
    hit_policy=HitPolicy.COLLECT,
    schema=lead_facts,
    records=_FACTS.of_newest,
    facts=_FACTS.of_one,
    published=_published,
    check_outcome=check_tags,
)
LEAD_SCORE_RULES: Final = RuleKind(
    name=LEAD_SCORE,
    label="RuleSet.lead_score",
    hit_policy=HitPolicy.SUM,
    schema=lead_facts,
    records=_FACTS.of_newest,
    facts=_FACTS.of_one,
    published=_published,
)
RULES: Final = RuleAdministration(
    service="mtl",
    kinds=(LEAD_SCORE_RULES, LEAD_TAG_RULES, LEAD_RETENTION_RULES, LEAD_ASSIGNMENT_RULES),
    store=VERSIONS,
    records=LEADS,
    labels=TEXTS | RULE_LABELS,
)
ROUTERS = (rule_router(RULES), explanation_router(RULES, "/leads"), settings_router, router)
