"""Reads the retention rules in force and the working time of owners, and keeps the clocks of leads.

Every save of a lead passes here, so that every way of getting a lead starts the same clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from chassis.records.tenant_settings import settings_of
from chassis.records.working_time.absences import clock_of_person
from kernel.errors import Invalid
from kernel.working_clock import WorkingClock
from kernel.working_week import OFFICE_WEEK
from mtl.leads.domain.clocks import LeadClock, handed_over, is_kept, lead_clock, owned
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.retention import (
    RETENTION_FACTS,
    Retention,
    check_retention,
    retention_of,
)
from mtl.leads.domain.scoring import stored_facts_of
from mtl.leads.store.facts import (
    LEAD_RESOURCE,
    facts_with_custom_fields,
    schema_with_custom_fields,
)
from mtl.rule_sets.store import LEAD_RETENTION, VERSIONS
from rules.custom_fields import CUSTOM, reads_custom_fields
from rules.evaluation import Evaluator
from rules.fields import FactSchema
from rules.kept_evaluators import evaluator_of
from rules.rule_sets import Row, fields_of
from rules.versions import RuleVersion

log = structlog.get_logger()


@dataclass(frozen=True)
class ReadClock:
    """The clock of a lead, by which row of the rules, and what that row decides."""

    clock: LeadClock = field(default_factory=LeadClock)
    row: Row | None = None
    retention: Retention | None = None


@dataclass(frozen=True)
class ClockReader:
    """The retention rules in force, made ready for many leads; it reads each owner's hours once."""

    tx: AsyncConnection
    number: int = 0
    rules: Evaluator | None = None
    definitions: Mapping[str, FieldDefinition] = field(default_factory=dict)
    _clocks: dict[str | None, WorkingClock] = field(default_factory=dict)
    _retentions: dict[str, Retention] = field(default_factory=dict)

    @property
    def has_rules(self) -> bool:
        """Whether there are rules, so that leads may fall back."""
        return self.rules is not None

    def facts(self, lead: Lead) -> dict[str, Any]:
        """Return what rules read of a lead."""
        return facts_with_custom_fields(stored_facts_of(lead), self.definitions, lead)

    async def kept(self, before: Lead | None, after: Lead, *, now: datetime) -> Lead:
        """Return the lead as it is to be saved, with its ownership and its clock.

        A closed lead, and one that nobody has, falls back no more.
        """
        lead = owned(before, after, now=now)
        _, retention = self.decide(lead)
        clock = await self._clock_for(lead, retention)
        lead = handed_over(before, lead, retention, clock)
        found = LeadClock()
        if retention is not None and clock is not None and is_kept(lead):
            found = lead_clock(lead, retention, clock)
        known = None if before is None else before.clock_due_at
        return replace(
            lead, falls_back_at=found.falls_back_at, clock_due_at=found.due_at(known, now=now)
        )

    async def read(self, lead: Lead) -> ReadClock:
        """Return the clock of a lead by the rules in force, with the row that decides."""
        row, retention = self.decide(lead)
        clock = await self._clock_for(lead, retention)
        if row is None or retention is None or clock is None:
            return ReadClock()
        return ReadClock(lead_clock(lead, retention, clock), row, retention)

    def decide(self, lead: Lead) -> tuple[Row | None, Retention | None]:
        """Return the first row that applies to an open lead, and what it decides."""
        if self.rules is None or not lead.is_open or lead.deleted_at is not None:
            return None, None
        rows = self.rules.decide(self.facts(lead)).rows
        if not rows:
            return None, None
        row = rows[0]
        if row.id not in self._retentions:
            self._retentions[row.id] = retention_of(row.outcome)
        return row, self._retentions[row.id]

    async def clock_of(self, owner_id: str | None, retention: Retention) -> WorkingClock:
        """Return the clock that measures for an owner; that of the calendar where it suffices."""
        if not retention.needs_working_time:
            zone = ZoneInfo((await settings_of(self.tx)).timezone)
            return WorkingClock(zone=zone, week=OFFICE_WEEK)
        if owner_id not in self._clocks:
            self._clocks[owner_id] = await clock_of_person(self.tx, owner_id)
        return self._clocks[owner_id]

    async def _clock_for(self, lead: Lead, retention: Retention | None) -> WorkingClock | None:
        return None if retention is None else await self.clock_of(lead.owner_id, retention)


async def keep_clock(tx: AsyncConnection, before: Lead | None, after: Lead) -> Lead:
    """Return a lead as it is to be saved at its time of change, with its clock."""
    return await (await clock_reader(tx)).kept(before, after, now=after.updated_at)


async def retention_facts(tx: AsyncConnection) -> FactSchema:
    """Return the fields of leads that retention rules may read, with the custom fields."""
    return await schema_with_custom_fields(tx, RETENTION_FACTS)


async def clock_reader(tx: AsyncConnection) -> ClockReader:
    """Return the reader of clocks by the rules in force.

    By rules that read a custom field which was deleted since, no lead falls back: the log says so,
    and publishing them anew shows what is wrong.
    """
    return await clock_reader_by(tx, await VERSIONS.latest(tx, LEAD_RETENTION))


async def clock_reader_by(tx: AsyncConnection, version: RuleVersion | None) -> ClockReader:
    """Return the reader of clocks by a version of the rules; by none no lead falls back."""
    if version is None or not version.content["rows"]:
        return ClockReader(tx)
    try:
        return await _reader(tx, version)
    except Invalid as invalid:
        codes = [one.code for one in invalid.violations]
        await log.aerror("rules_unreadable", rule_set=LEAD_RETENTION, codes=codes)
        return ClockReader(tx)


async def _reader(tx: AsyncConnection, version: RuleVersion) -> ClockReader:
    if not reads_custom_fields(version.content):
        evaluator = evaluator_of(RETENTION_FACTS, version.content, check_retention)
        return ClockReader(tx, version.number, evaluator)
    schema = await retention_facts(tx)
    evaluator = evaluator_of(schema, version.content, check_retention)
    return reader_of(tx, version.number, evaluator, await definitions_of(tx, LEAD_RESOURCE))


def reader_of(
    tx: AsyncConnection,
    number: int,
    rules: Evaluator,
    definitions: Mapping[str, FieldDefinition],
) -> ClockReader:
    """Return the reader of clocks by these rules, such as those of a draft."""
    names = fields_of(rules.rule_set)
    read = {name.removeprefix(CUSTOM) for name in names if name.startswith(CUSTOM)}
    return ClockReader(tx, number, rules, {key: definitions[key] for key in sorted(read)})
