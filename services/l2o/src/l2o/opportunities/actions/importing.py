"""Opportunities as another system tells of them, many at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish, publish_all
from chassis.records.access.visibility import EVERYTHING, Access, Visibility
from chassis.records.external_ids.reserve_ids import reserve_ids
from contracts.l2o.events import OpportunityOpened
from kernel.errors import NotFound
from kernel.ids import new_id
from l2o.opportunities import store
from l2o.opportunities.actions.records import RESOURCE, OpportunityDetails, Standing
from l2o.opportunities.domain import CLOSED, Opportunity, Stage, StageChange

READ_ONLY = "RECORD_READ_ONLY"


@dataclass(frozen=True, kw_only=True)
class Told:
    """What another system says of an opportunity; whom it names is known to be there.

    `is_named` says that the name is its own, and not one we made up.
    """

    external_id: str
    details: OpportunityDetails
    standing: Standing
    engaged_at: datetime | None
    owner_id: str | None
    is_named: bool


@dataclass(frozen=True, kw_only=True)
class TakenIn:
    """What became of it; `remarks` are codes of what was left as it is here.

    `refused_for` says that it may not be changed by whoever tells; of one beyond their reach
    that is all there is to know, not even its id.
    """

    opportunity_id: UUID | None
    created: bool = False
    changed: bool = False
    remarks: Sequence[str] = ()
    refused_for: str | None = None


async def take_in_opportunities(
    tx: AsyncConnection,
    many: Sequence[Told],
    *,
    system: str,
    actor: str | None,
    now: datetime,
    visibility: Visibility = EVERYTHING,
) -> list[TakenIn]:
    """Open those that are new, and let those that are known catch up; in their order.

    No external id comes twice. Owners, and accounts once there, are not changed; nor is what is
    beyond reach.
    """
    wanted = {one.external_id: new_id() for one in many}
    holders = await reserve_ids(tx, RESOURCE, system, wanted)
    new = [one for one in many if holders[one.external_id] == wanted[one.external_id]]
    await _open(tx, [(one, wanted[one.external_id]) for one in new], actor=actor, now=now)
    old = {one.external_id: holders[one.external_id] for one in many if one not in new}
    known = await store.get_all(tx, old.values()) if old else {}
    seen = await store.within(tx, old.values(), visibility) if old else set()
    mine = await store.within(tx, old.values(), visibility, Access.WRITE) if old else set()
    taken: list[TakenIn] = []
    for one in many:
        key = old.get(one.external_id)
        if key is None:
            taken.append(TakenIn(opportunity_id=wanted[one.external_id], created=True))
        elif key not in seen:
            taken.append(TakenIn(opportunity_id=None, refused_for=READ_ONLY))
        else:
            before, writable = _of(known, key), key in mine
            taken.append(await _catch_up(tx, one, before, writable, actor=actor, now=now))
    return taken


def _of(known: Mapping[UUID, Opportunity], key: UUID) -> Opportunity:
    if key not in known:
        raise NotFound("opportunity", key)
    return known[key]


async def _open(
    tx: AsyncConnection,
    many: Sequence[tuple[Told, UUID]],
    *,
    actor: str | None,
    now: datetime,
) -> None:
    opened = [
        Opportunity(
            **vars(one.details) | {"custom_fields": {}},
            **vars(one.standing),
            id=key,
            owner_id=one.owner_id,
            created_at=now,
            updated_at=now,
        )
        for one, key in many
    ]
    await store.add_all(tx, opened)
    changes = [
        change
        for (one, _), opportunity in zip(many, opened, strict=True)
        for change in _history(one, opportunity, actor, now)
    ]
    await store.add_changes(tx, changes)
    await publish_all(tx, [(OpportunityOpened(opportunity=one.state()), one) for one in opened])


def _history(
    told: Told, opportunity: Opportunity, actor: str | None, now: datetime
) -> list[StageChange]:
    """Engaged when it says so; what is closed was being worked on before."""
    steps: list[tuple[Stage | None, Stage, datetime]] = []
    stage, engaged_at, closed_at = opportunity.stage, told.engaged_at, opportunity.closed_at
    if stage not in CLOSED:
        steps.append((None, stage, engaged_at or now))
    elif engaged_at is None:
        steps.append((None, stage, closed_at or now))
    else:
        steps.append((None, Stage.SOLUTION, engaged_at))
        steps.append((Stage.SOLUTION, stage, closed_at or now))
    return [_change(opportunity, before, after, actor=actor, at=at) for before, after, at in steps]


def _change(
    opportunity: Opportunity,
    before: Stage | None,
    after: Stage,
    *,
    actor: str | None,
    at: datetime,
) -> StageChange:
    return StageChange(
        id=new_id(),
        opportunity_id=opportunity.id,
        from_stage=before,
        to_stage=after,
        reason=opportunity.lost_reason if after is Stage.LOST else None,
        actor=actor,
        at=at,
    )


async def _catch_up(
    tx: AsyncConnection,
    told: Told,
    before: Opportunity,
    writable: bool,  # noqa: FBT001  # internal
    *,
    actor: str | None,
    now: datetime,
) -> TakenIn:
    if before.deleted_at is not None:
        return TakenIn(opportunity_id=before.id, remarks=["OPPORTUNITY_DELETED"])
    wanted, remarks = _merged(told, before)
    if wanted == before:
        return TakenIn(opportunity_id=before.id, remarks=remarks)
    if not writable:
        return TakenIn(opportunity_id=before.id, refused_for=READ_ONLY)
    after, event = before.catch_up(wanted, now=now)
    saved = await store.save(tx, after)
    await publish(tx, event, of=saved)
    if saved.stage is not before.stage:
        at = saved.closed_at if saved.stage in CLOSED else now
        step = _change(saved, before.stage, saved.stage, actor=actor, at=at or now)
        await store.add_changes(tx, [step])
    return TakenIn(opportunity_id=before.id, changed=True, remarks=remarks)


def _merged(told: Told, before: Opportunity) -> tuple[Opportunity, list[str]]:
    """What is said replaces what is known, but a stage that is further on here stays."""
    left_out = {"account_id"} | (set() if told.is_named else {"name"})
    said = {
        name: value
        for name, value in vars(told.details).items()
        if value is not None and name not in left_out
    }
    remarks = [] if told.details.account_id == before.account_id else ["ACCOUNT_KEPT"]
    stage = told.standing.stage
    if before.may_reach(stage):
        said |= vars(told.standing)
    elif stage is not before.stage:
        remarks.append("STAGE_KEPT")
    return replace(before, **said), remarks
