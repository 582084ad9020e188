"""Scores leads by the rules in force, in the transaction that writes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.canonical_json import canonical_json
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.mtl.events import LeadScored
from kernel.errors import Invalid
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.scoring import LEAD_FACTS, facts_of, scored
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.scoring import next_leads_to_score
from mtl.rule_sets.store import LEAD_SCORE, VERSIONS
from rules.custom_fields import custom_facts, custom_field_spec
from rules.evaluation import Evaluator
from rules.fields import FactSchema
from rules.rule_set_json import parse_rule_set
from rules.rule_sets import fields_of
from rules.versions import RuleVersion

log = structlog.get_logger()

CUSTOM: Final = "custom."
RESCORED_AT_ONCE: Final = 200


async def lead_facts(tx: AsyncConnection) -> FactSchema:
    """Return the fields of leads that rules may read, with the tenant's custom fields."""
    definitions = await definitions_of(tx, LEADS.resource)
    return _with_custom_fields(definitions)


def _with_custom_fields(definitions: Mapping[str, FieldDefinition]) -> FactSchema:
    return LEAD_FACTS.with_fields(map(custom_field_spec, definitions.values()))


@dataclass(frozen=True)
class LeadScorer:
    """The rules in force, made ready for many leads; without rules leads have no score."""

    rules: Evaluator | None = None
    definitions: Mapping[str, FieldDefinition] | None = None

    def facts(self, lead: Lead) -> dict[str, Any]:
        """Return the facts of a lead, with its custom fields if rules read any."""
        facts = facts_of(lead)
        if self.definitions:
            facts |= custom_facts(self.definitions.values(), lead.custom_fields)
        return facts

    def score(self, lead: Lead) -> Lead:
        """Return the lead with its score and grade."""
        return scored(lead, self.rules, self.facts(lead) if self.rules is not None else {})


async def scorer_of(tx: AsyncConnection) -> LeadScorer:
    """Return the rules in force.

    Rules that read a custom field which was deleted since leave the leads without a score: the log
    says so, and publishing them anew shows what is wrong.
    """
    version = await VERSIONS.latest(tx, LEAD_SCORE)
    if version is None or not version.content["rows"]:
        return LeadScorer()
    try:
        return await _scorer(tx, version)
    except Invalid as invalid:
        await log.aerror("rules_unreadable", rule_set=LEAD_SCORE, version=version.number)
        await log.adebug("rules_unreadable", violations=[one.code for one in invalid.violations])
        return LeadScorer()


async def _scorer(tx: AsyncConnection, version: RuleVersion) -> LeadScorer:
    content = canonical_json(version.content)
    if CUSTOM.encode() not in content:
        return LeadScorer(_evaluator(content))
    definitions = await definitions_of(tx, LEADS.resource)
    rule_set = parse_rule_set(_with_custom_fields(definitions), version.content)
    read = {name.removeprefix(CUSTOM) for name in fields_of(rule_set) if name.startswith(CUSTOM)}
    return LeadScorer(Evaluator(rule_set), {key: definitions[key] for key in sorted(read)})


@lru_cache(maxsize=256)
def _evaluator(content: bytes) -> Evaluator:
    """Return the evaluator of rules without custom fields: the same rules score many leads."""
    return Evaluator(parse_rule_set(LEAD_FACTS, orjson.loads(content)))


async def rescore_chunk(command: Command, after: UUID | None) -> UUID | None:
    """Score the next leads by id anew; return the last one, None at the end.

    Only leads whose score or grade changes are written, each with an event. Converted leads keep
    the score with which they were converted, and deleted ones theirs.
    """
    tx, scorer = command.tx, await scorer_of(command.tx)
    found = await next_leads_to_score(tx, after, limit=RESCORED_AT_ONCE)
    for lead in found:
        rescored = scorer.score(lead)
        if rescored != lead:
            await save_record(command, LEAD, lead, rescored, LeadScored)
    return found[-1].id if len(found) == RESCORED_AT_ONCE else None
