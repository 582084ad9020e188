"""The routes of mailed links: whoever holds one sees what is asked, and decides without a token.

Reading never decides: mail scanners follow links. A link is void once its task has changed, so it
decides once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from chassis.records.access.presence import active_people
from chassis.records.access_keys.entry import AccessEntry, AccessKeyRefused, may_enter
from chassis.web.enum_routes import label_code
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from contracts.approvals import ApprovalFact, declared_approval_kinds
from desk.approval_settings.store import settings_of_approvals
from desk.approvals import store
from desk.approvals.actions import deciding
from desk.approvals.actions.deciding import Decision
from desk.approvals.actions.links import DECIDE_BY_LINK
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.seats import Seat, SeatState
from desk.approvals.domain.statuses import Verdict
from desk.approvals.schemas import Comment
from desk.approvals.store import APPROVAL
from desk.texts import TEXTS

router = new_router("/approval-links", tag="approval links")
Entry = Annotated[AccessEntry, may_enter(DECIDE_BY_LINK)]


class LinkApprovalIn(BaseModel):
    """What the approver says to their approval."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"comment": "同意"}]})
    comment: Comment | None = None


class LinkRejectionIn(BaseModel):
    """A rejection says why."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"comment": "折扣过高"}]}
    )
    comment: Comment


class LinkedFact(BaseModel):
    """A fact of the record, under its name in the reader's language."""

    name: str = Field(examples=["discount_rate"])
    label: str = Field(examples=["Highest discount rate of a line"])
    value: Any


class LinkedTaskOut(BaseModel):
    """What the holder of a link decides on: the facts and lines as they were asked for."""

    kind: str = Field(examples=["cpq.quote_discount"])
    kind_name: str = Field(description="In the reader's language")
    record_name: str
    record_version: int
    requested_by: Annotated[str, PersonSubject]
    requested_by_name: str | None = None
    requested_at: datetime
    person: Annotated[str, PersonSubject] = Field(description="For whom the link is")
    person_name: str | None = None
    state: SeatState
    state_name: str = Field(description="In the reader's language", examples=["To be decided"])
    facts: list[LinkedFact]
    lines: list[list[LinkedFact]]


@router.get("/{access_key}", summary="Read what a mailed link asks for; nothing is decided")
async def approval_link_get(entry: Entry) -> LinkedTaskOut:
    approval, seat = await _entered(entry)
    return _shown(approval, seat)


@router.post("/{access_key}/approve", summary="Approve what a mailed link asks for")
async def approval_link_approve(entry: Entry, body: LinkApprovalIn | None = None) -> LinkedTaskOut:
    comment = None if body is None else body.comment
    return await _decided(entry, Decision(verdict=Verdict.APPROVE, comment=comment))


@router.post("/{access_key}/reject", summary="Reject what a mailed link asks for, and say why")
async def approval_link_reject(entry: Entry, body: LinkRejectionIn) -> LinkedTaskOut:
    return await _decided(entry, Decision(verdict=Verdict.REJECT, comment=body.comment))


async def _decided(entry: AccessEntry, decision: Decision) -> LinkedTaskOut:
    await _entered(entry)
    after = await deciding.decide_by_link(
        entry.command, entry.record_id, entry.record_version, decision
    )
    if after is None:
        raise AccessKeyRefused
    return _shown(after, after.seat(entry.record_id))


async def _entered(entry: AccessEntry) -> tuple[Approval, Seat]:
    """Return the request and the seat of a link that still holds. Raises AccessKeyRefused.

    It does not for a seat that has changed since, somebody who has left, and a tenant without
    links.
    """
    approval_id = await store.approval_of_seat(entry.tx, entry.record_id, person=None)
    approval = await APPROVAL.get(entry.tx, approval_id)
    seat = approval.seat(entry.record_id)
    settings = await settings_of_approvals(entry.tx, entry.command.now)
    is_here = seat.person in await active_people(entry.tx, [seat.person])
    if not settings.mail_links or not is_here or seat.version != entry.record_version:
        raise AccessKeyRefused
    return approval, seat


def _shown(approval: Approval, seat: Seat) -> LinkedTaskOut:
    kind = declared_approval_kinds().get(approval.kind)
    names = Text("审批", "approval") if kind is None else Text(kind.zh, kind.en)
    line_facts = () if kind is None else kind.line_facts
    return LinkedTaskOut(
        kind=approval.kind,
        kind_name=in_words(names),
        record_name=approval.record_name,
        record_version=approval.record_version,
        requested_by=approval.requested_by,
        requested_at=approval.requested_at,
        person=seat.person,
        state=seat.state,
        state_name=in_words(TEXTS[label_code(SeatState.__name__, seat.state)]),
        facts=_facts(() if kind is None else kind.facts, approval.facts),
        lines=[_facts(line_facts, line) for line in approval.lines],
    )


def _facts(declared: Sequence[ApprovalFact], values: Mapping[str, Any]) -> list[LinkedFact]:
    labels = {fact.name: in_words(Text(fact.zh, fact.en)) for fact in declared}
    return [
        LinkedFact(name=name, label=labels.get(name, name), value=value)
        for name, value in values.items()
    ]
