"""An opportunity, its stages, and the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.event import Event
from contracts.l2o.events import (
    OpportunityChanged,
    OpportunityLost,
    OpportunityStageMoved,
    OpportunityState,
    OpportunityWon,
)
from kernel.money import Money
from kernel.records import ExternalRef
from kernel.transitions import Transitions


class Stage(StrEnum):
    """The stages of an opportunity in their order; the last two are final."""

    FIRST_CONTACT = "FIRST_CONTACT"
    SOLUTION = "SOLUTION"
    QUOTATION = "QUOTATION"
    BIDDING = "BIDDING"
    NEGOTIATION = "NEGOTIATION"
    SIGNING = "SIGNING"
    WON = "WON"
    LOST = "LOST"


# Stages that may follow each stage: any later one, or the one before; none after the last two.
STAGE_MOVES = Transitions.between(
    {
        Stage.FIRST_CONTACT: frozenset(Stage) - {Stage.FIRST_CONTACT},
        Stage.SOLUTION: frozenset(Stage) - {Stage.SOLUTION},
        Stage.QUOTATION: frozenset(Stage) - {Stage.FIRST_CONTACT, Stage.QUOTATION},
        Stage.BIDDING: {Stage.QUOTATION, Stage.NEGOTIATION, Stage.SIGNING, Stage.WON, Stage.LOST},
        Stage.NEGOTIATION: {Stage.BIDDING, Stage.SIGNING, Stage.WON, Stage.LOST},
        Stage.SIGNING: {Stage.NEGOTIATION, Stage.WON, Stage.LOST},
    }
)
# A confirmed order is proof of a sale, so it wins even a lost opportunity.
WON_BY_ORDER_FROM = frozenset(Stage) - {Stage.WON}
NO_REASON_GIVEN = "—"  # the reason of a loss that a file does not give
CLOSED_STAGES = frozenset({Stage.WON, Stage.LOST})


@dataclass(frozen=True, kw_only=True)
class Opportunity:
    """A possible sale to an account.

    `engaged_date` is when the customer was first engaged, `closed_date` the day, in the tenant's
    time zone, on which it was won or lost. `last_activity_at` follows from its activities, and is
    written beside its version.
    """

    id: UUID
    account_id: UUID
    contact_id: UUID | None = None
    lead_id: UUID | None = None
    name: str
    stage: Stage = Stage.FIRST_CONTACT
    amount: Money | None = None
    expected_close_date: date | None = None
    product_id: UUID | None = None
    engaged_date: date | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    lost_reason: str | None = None
    closed_at: datetime | None = None
    closed_date: date | None = None
    order_id: UUID | None = None
    order_no: str | None = None
    last_activity_at: datetime | None = None
    owner_id: str | None = None
    external_ids: tuple[ExternalRef, ...] = ()
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    @property
    def display_name(self) -> str:
        """What people call the opportunity."""
        return self.name

    def state(self) -> OpportunityState:
        """The opportunity in the form that events carry."""
        return OpportunityState.of(self, opportunity_id=self.id)

    def move(self, to: Stage, *, now: datetime) -> tuple[Opportunity, OpportunityStageMoved]:
        """Move to another open stage. Raises RuleBroken (STAGE_MOVE_FORBIDDEN)."""
        self._ensure_move_allowed(to)
        moved = replace(self, stage=to, updated_at=now)
        return moved, OpportunityStageMoved(opportunity=moved.state(), from_stage=self.stage)

    def win(self, *, now: datetime, today: date) -> tuple[Opportunity, OpportunityWon]:
        """Move to WON without an order. Raises RuleBroken (STAGE_MOVE_FORBIDDEN)."""
        self._ensure_move_allowed(Stage.WON)
        return self._won({}, won_at=now, won_on=today, now=now)

    def win_by_order(
        self,
        order_id: UUID,
        order_no: str,
        *,
        confirmed_at: datetime,
        confirmed_on: date,
        now: datetime,
    ) -> tuple[Opportunity, OpportunityWon] | None:
        """Move to WON as of the confirmation, and restore a deleted one; None if already won."""
        if self.stage not in WON_BY_ORDER_FROM:
            return None
        order = {"order_id": order_id, "order_no": order_no}
        return self._won(order, won_at=confirmed_at, won_on=confirmed_on, now=now)

    def lose(
        self, reason: str, *, now: datetime, today: date
    ) -> tuple[Opportunity, OpportunityLost]:
        """Move to LOST. Raises RuleBroken (STAGE_MOVE_FORBIDDEN)."""
        self._ensure_move_allowed(Stage.LOST)
        lost = replace(
            self,
            stage=Stage.LOST,
            lost_reason=reason,
            closed_at=now,
            closed_date=today,
            updated_at=now,
        )
        return lost, OpportunityLost(opportunity=lost.state(), reason=reason, lost_at=now)

    def update_from_system(
        self, updated: Opportunity, *, now: datetime
    ) -> tuple[Opportunity, Event]:
        """Take over the state of another system; one event reports the most important change."""
        after = replace(updated, updated_at=now)
        state, closed_at = after.state(), after.closed_at or now
        if after.stage is self.stage:
            return after, OpportunityChanged(opportunity=state)
        if after.stage is Stage.WON:
            return after, OpportunityWon(opportunity=state, won_at=closed_at)
        if after.stage is Stage.LOST:
            reason = after.lost_reason or NO_REASON_GIVEN
            return after, OpportunityLost(opportunity=state, reason=reason, lost_at=closed_at)
        return after, OpportunityStageMoved(opportunity=state, from_stage=self.stage)

    def is_before(self, stage: Stage) -> bool:
        """Whether the opportunity is open and at an earlier stage than this one."""
        stages = list(Stage)
        return self.stage not in CLOSED_STAGES and stages.index(stage) > stages.index(self.stage)

    def _won(
        self, order: Mapping[str, Any], *, won_at: datetime, won_on: date, now: datetime
    ) -> tuple[Opportunity, OpportunityWon]:
        won = replace(
            self,
            stage=Stage.WON,
            lost_reason=None,
            closed_at=won_at,
            closed_date=won_on,
            updated_at=now,
            deleted_at=None,
            **order,
        )
        return won, OpportunityWon(opportunity=won.state(), order_id=won.order_id, won_at=won_at)

    def _ensure_move_allowed(self, to: Stage) -> None:
        params = {"from_stage": self.stage, "to_stage": to}
        STAGE_MOVES.ensure_allowed(to, self.stage, "STAGE_MOVE_FORBIDDEN", **params)


@dataclass(frozen=True, kw_only=True)
class StageChange:
    """A row of the append-only stage history."""

    id: UUID
    opportunity_id: UUID
    from_stage: Stage | None
    to_stage: Stage
    reason: str | None = None
    actor: str | None
    at: datetime


@dataclass(frozen=True, kw_only=True)
class FunnelRow:
    """Number and total amount of the opportunities of one stage and currency.

    Without a currency, it counts those that have no amount.
    """

    stage: Stage
    currency: str | None
    count: int
    amount: Decimal | None
