"""Upsert of opportunities from another system, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.records.access.visibility import EVERYTHING, Access, Visibility
from chassis.records.custom_fields.cells import CustomFieldParser, custom_field_parser
from chassis.records.external_ids.reserve_ids import reserve_ids
from chassis.records.record_commands import save_record
from chassis.records.writes import insert_rows
from chassis.web.commands import Command
from contracts.l2o.events import OpportunityOpened
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.money import Money
from kernel.records import ExternalRef
from l2o.grade_queues.actions import grade_soon
from l2o.opportunities import store
from l2o.opportunities.domain import CLOSED_STAGES, Opportunity, Stage, StageChange
from l2o.opportunities.store import OPPORTUNITY

READ_ONLY = "RECORD_READ_ONLY"
ACCOUNT_FIXED = "ACCOUNT_FIXED"


@dataclass(frozen=True, kw_only=True)
class OpportunityDetails:
    """The values of an opportunity of another system; None keeps the present value."""

    account_id: UUID
    contact_id: UUID | None = None
    name: str
    amount: Money | None = None
    expected_close_date: date | None = None
    product_id: UUID | None = None
    engaged_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class StageDetails:
    """The stage of an opportunity that began in another system, and how it was closed."""

    stage: Stage = Stage.FIRST_CONTACT
    lost_reason: str | None = None
    closed_at: datetime | None = None
    closed_date: date | None = None


@dataclass(frozen=True, kw_only=True)
class ExternalOpportunity:
    """An opportunity of another system, whose references were validated.

    `has_own_name` is false if the name was derived from account and product; `custom_cells` are
    the texts of its custom fields.
    """

    external_id: str
    details: OpportunityDetails
    stage_details: StageDetails
    engaged_at: datetime | None
    owner_id: str | None
    has_own_name: bool
    custom_cells: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class UpsertResult:
    """The outcome for one opportunity; `warnings` are codes of what was not taken over.

    `refused_for` is the code of a refusal. It comes without an id if the opportunity is not visible
    to the caller: its internal id is not disclosed.
    """

    opportunity_id: UUID | None
    created: bool = False
    changed: bool = False
    warnings: Sequence[str] = ()
    refused_for: str | None = None


async def upsert_opportunities(
    tx: AsyncConnection,
    many: Sequence[ExternalOpportunity],
    *,
    system: str,
    actor: str | None,
    now: datetime,
    visibility: Visibility = EVERYTHING,
) -> list[UpsertResult]:
    """Open new opportunities and update existing ones; return the results in order.

    Each external id may occur once. The owner of an existing opportunity does not change, another
    account is refused, and only opportunities that the caller may write are updated. Raises Invalid
    for wrong custom fields, or a new opportunity without a required one.
    """
    parser = await custom_field_parser(tx, OPPORTUNITY.scoped.resource)
    new_ids = {external.external_id: new_id() for external in many}
    ids = await reserve_ids(tx, OPPORTUNITY.scoped.resource, system, new_ids)
    new = [each for each in many if ids[each.external_id] == new_ids[each.external_id]]
    opened = [
        replace(
            _opened(each, new_ids[each.external_id], parser, now),
            external_ids=(ExternalRef(system=system, external_id=each.external_id),),
        )
        for each in new
    ]
    await _open_new(tx, list(zip(new, opened, strict=True)), actor=actor, now=now)
    existing_ids = {each.external_id: ids[each.external_id] for each in many if each not in new}
    existing = await _lock_existing(tx, set(existing_ids.values()), visibility)
    command, results = Command(tx, now, actor=actor), list[UpsertResult]()
    for external in many:
        existing_id = existing_ids.get(external.external_id)
        if existing_id is None:
            opened_id = new_ids[external.external_id]
            results.append(UpsertResult(opportunity_id=opened_id, created=True))
        else:
            results.append(await _merged(command, external, existing_id, existing, parser))
    return results


@dataclass(frozen=True)
class _Existing:
    """The locked opportunities that exist already, and what the caller may do with them."""

    by_id: dict[UUID, Opportunity]
    visible_ids: set[UUID]
    writable_ids: set[UUID]

    def get(self, opportunity_id: UUID) -> Opportunity:
        """Return an opportunity. Raises NotFound if an external id has no record."""
        if opportunity_id not in self.by_id:
            raise NotFound("opportunity", opportunity_id)
        return self.by_id[opportunity_id]


async def _lock_existing(tx: AsyncConnection, ids: set[UUID], visibility: Visibility) -> _Existing:
    if not ids:
        return _Existing({}, set(), set())
    return _Existing(
        await store.lock_many(tx, ids),
        await store.filter_visible(tx, ids, visibility),
        await store.filter_visible(tx, ids, visibility, Access.WRITE),
    )


def _opened(
    external: ExternalOpportunity, opportunity_id: UUID, parser: CustomFieldParser, now: datetime
) -> Opportunity:
    return Opportunity(
        **vars(external.details),
        **vars(external.stage_details),
        id=opportunity_id,
        custom_fields=parser.parse(external.custom_cells),
        owner_id=external.owner_id,
        created_at=now,
        updated_at=now,
    )


async def _open_new(
    tx: AsyncConnection,
    new: Sequence[tuple[ExternalOpportunity, Opportunity]],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    opened = [opportunity for _, opportunity in new]
    await insert_rows(tx, OPPORTUNITY.table, opened)
    changes = [
        change
        for external, opportunity in new
        for change in _initial_history(external, opportunity, actor, now)
    ]
    await store.add_stage_changes(tx, changes)
    await publish_all(tx, [(OpportunityOpened(opportunity=each.state()), each) for each in opened])
    await grade_soon(tx, {each.account_id for each in opened}, now=now)


def _initial_history(
    external: ExternalOpportunity, opportunity: Opportunity, actor: str | None, now: datetime
) -> list[StageChange]:
    """The stage history: a closed opportunity with an engaged date was at SOLUTION before."""
    steps: list[tuple[Stage | None, Stage, datetime]] = []
    stage, engaged_at, closed_at = opportunity.stage, external.engaged_at, opportunity.closed_at
    if stage not in CLOSED_STAGES:
        steps.append((None, stage, engaged_at or now))
    elif engaged_at is None:
        steps.append((None, stage, closed_at or now))
    else:
        steps.append((None, Stage.SOLUTION, engaged_at))
        steps.append((Stage.SOLUTION, stage, closed_at or now))
    return [
        _stage_change(opportunity, from_stage, to_stage, actor=actor, at=at)
        for from_stage, to_stage, at in steps
    ]


def _stage_change(
    opportunity: Opportunity,
    from_stage: Stage | None,
    to_stage: Stage,
    *,
    actor: str | None,
    at: datetime,
) -> StageChange:
    return StageChange(
        id=new_id(),
        opportunity_id=opportunity.id,
        from_stage=from_stage,
        to_stage=to_stage,
        reason=opportunity.lost_reason if to_stage is Stage.LOST else None,
        actor=actor,
        at=at,
    )


async def _merged(
    command: Command,
    external: ExternalOpportunity,
    existing_id: UUID,
    existing: _Existing,
    parser: CustomFieldParser,
) -> UpsertResult:
    """Give an existing opportunity the values of the other system, or say why it has none."""
    if existing_id not in existing.visible_ids:
        return UpsertResult(opportunity_id=None, refused_for=READ_ONLY)
    before = existing.get(existing_id)
    if before.deleted_at is not None:
        return UpsertResult(opportunity_id=before.id, warnings=["OPPORTUNITY_DELETED"])
    if external.details.account_id != before.account_id:
        return UpsertResult(opportunity_id=before.id, refused_for=ACCOUNT_FIXED)
    updated, warnings = _merge(external, before, parser)
    if updated == before:
        return UpsertResult(opportunity_id=before.id, warnings=warnings)
    if existing_id not in existing.writable_ids:
        return UpsertResult(opportunity_id=before.id, refused_for=READ_ONLY)
    await _save(command, before, updated)
    return UpsertResult(opportunity_id=before.id, changed=True, warnings=warnings)


async def _save(command: Command, before: Opportunity, updated: Opportunity) -> None:
    after, event = before.update_from_system(updated, now=command.now)
    saved = await save_record(command, OPPORTUNITY, before, after, event)
    await grade_soon(command.tx, [saved.account_id], now=command.now)
    if saved.stage is not before.stage:
        at = (saved.closed_at if saved.stage in CLOSED_STAGES else None) or command.now
        change = _stage_change(saved, before.stage, saved.stage, actor=command.actor, at=at)
        await store.add_stage_changes(command.tx, [change])


def _merge(
    external: ExternalOpportunity, before: Opportunity, parser: CustomFieldParser
) -> tuple[Opportunity, list[str]]:
    """The opportunity with the values of the other system, and warnings.

    Missing values change nothing, and a stage that is later here stays.
    """
    excluded = {"account_id"} | (set() if external.has_own_name else {"name"})
    values: dict[str, Any] = {
        name: value
        for name, value in vars(external.details).items()
        if value is not None and name not in excluded
    }
    values["custom_fields"] = parser.parse(external.custom_cells, before=before.custom_fields)
    warnings = []
    stage = external.stage_details.stage
    if before.is_before(stage):
        values |= vars(external.stage_details)
    elif stage is not before.stage:
        warnings.append("STAGE_KEPT")
    return replace(before, **values), warnings
