"""Scores leads by the rules in force, in the transaction that writes them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from kernel.errors import Invalid
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.scoring import LEAD_FACTS, LeadScoring, facts_of, scored
from mtl.leads.store import LEADS
from mtl.leads.store.facts import facts_with_custom_fields, schema_with_custom_fields
from mtl.rule_sets.store import LEAD_SCORE, LEAD_TAGS, SCORE_SETTINGS, VERSIONS
from mtl.score_models.store import trained_model
from mtl.score_settings.domain import ScoreSettings
from rules.custom_fields import CUSTOM, reads_custom_fields
from rules.evaluation import Evaluator
from rules.fields import FactSchema
from rules.kept_evaluators import evaluator_of
from rules.rule_sets import fields_of
from rules.versions import RuleVersion
from scoring.blend import ScorePart
from scoring.trained import TrainedModel

log = structlog.get_logger()

SCORED_BY: Final = (LEAD_SCORE, LEAD_TAGS, SCORE_SETTINGS)


async def lead_facts(tx: AsyncConnection) -> FactSchema:
    """Return the fields of leads that rules may read, with the tenant's custom fields."""
    return await schema_with_custom_fields(tx, LEAD_FACTS)


@dataclass(frozen=True)
class LeadScorer:
    """What scores leads now, made ready for many; `definitions` are the custom fields it reads."""

    scoring: LeadScoring = field(default_factory=LeadScoring)
    definitions: Mapping[str, FieldDefinition] | None = None

    def facts(self, lead: Lead) -> dict[str, Any]:
        """Return the facts of a lead, with its custom fields if any are read."""
        return facts_with_custom_fields(facts_of(lead), self.definitions, lead)

    def score(self, lead: Lead) -> Lead:
        """Return the lead with its score and grade."""
        scoring = self.scoring
        reads_facts = scoring.rules or scoring.tags or scoring.model
        return scored(lead, scoring, self.facts(lead) if reads_facts else {})


async def scorer_of(tx: AsyncConnection) -> LeadScorer:
    """Return what scores leads now: the rules, the settings and the model in force.

    Rules that read a custom field which was deleted since give leads no points: the log says so,
    and publishing them anew shows what is wrong.
    """
    return await scorer_by(tx, await VERSIONS.latest_of(tx, SCORED_BY))


async def scorer_by(tx: AsyncConnection, versions: Mapping[str, RuleVersion]) -> LeadScorer:
    """Return what scores leads by versions of `SCORED_BY`, of which some may be absent."""
    return await _scorer(tx, versions, ScoreSettings.of(versions.get(SCORE_SETTINGS)))


async def scorer_with(tx: AsyncConnection, settings: ScoreSettings) -> LeadScorer:
    """Return what would score leads with other settings: the rules in force with these."""
    return await _scorer(tx, await VERSIONS.latest_of(tx, [LEAD_SCORE, LEAD_TAGS]), settings)


async def _scorer(
    tx: AsyncConnection, versions: Mapping[str, RuleVersion], settings: ScoreSettings
) -> LeadScorer:
    model = await _model_in_use(tx, settings)
    rules, read = await _rules_in_use(tx, LEAD_SCORE, versions)
    tags, read_for_tags = await _rules_in_use(tx, LEAD_TAGS, versions)
    read |= read_for_tags
    if model is not None:
        read |= {one for one in model.fields if one.startswith(CUSTOM)}
    return LeadScorer(LeadScoring(rules, tags, settings, model), await _definitions(tx, read))


async def _model_in_use(tx: AsyncConnection, settings: ScoreSettings) -> TrainedModel | None:
    if settings.model is None or not settings.counts(ScorePart.INTELLIGENT):
        return None
    return await trained_model(tx, settings.model)


async def _definitions(
    tx: AsyncConnection, read: Collection[str]
) -> Mapping[str, FieldDefinition] | None:
    """Return the definitions of the custom fields that are read, without deleted ones."""
    if not read:
        return None
    known = await definitions_of(tx, LEADS.resource)
    return {key: known[key] for key in sorted(known) if f"{CUSTOM}{key}" in read}


async def _rules_in_use(
    tx: AsyncConnection, name: str, versions: Mapping[str, RuleVersion]
) -> tuple[Evaluator | None, set[str]]:
    """Return the rules in force of a rule set, and the custom fields that they read."""
    version = versions.get(name)
    if version is None or not version.content["rows"]:
        return None, set()
    try:
        return await _evaluator(tx, version)
    except Invalid as invalid:
        await log.aerror("rules_unreadable", rule_set=name, version=version.number)
        await log.adebug("rules_unreadable", violations=[one.code for one in invalid.violations])
        return None, set()


async def _evaluator(tx: AsyncConnection, version: RuleVersion) -> tuple[Evaluator, set[str]]:
    if not reads_custom_fields(version.content):
        return evaluator_of(LEAD_FACTS, version.content), set()
    evaluator = evaluator_of(await lead_facts(tx), version.content)
    return evaluator, {one for one in fields_of(evaluator.rule_set) if one.startswith(CUSTOM)}
