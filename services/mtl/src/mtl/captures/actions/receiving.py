"""The command that takes captures in: one transaction, whatever becomes of each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chassis.foundation.canonical_json import canonical_json
from chassis.records.custom_fields.values import locked_definitions
from chassis.web.commands import Command
from kernel.errors import Conflict, Invalid
from kernel.ids import new_id
from mtl.captures import store
from mtl.captures.actions.leads import AcceptedCapture, settle_accepted
from mtl.captures.domain import (
    TRAPPED,
    UNREADABLE,
    Capture,
    CaptureOutcome,
    Submission,
    digest,
    outcome_of,
    reason_json,
)
from mtl.channels.domain.channel import Channel
from mtl.channels.domain.rules import EVENT_ID, TOUCH_AT, ChannelRules
from mtl.channels.views import Definitions, ReadPayload, read_payload, rules_of
from mtl.leads.domain.details import LeadDetails
from mtl.leads.store import LEADS

Received = tuple[Capture | Conflict, bool]


async def receive_captures(
    command: Command, channel: Channel, submissions: Sequence[Submission]
) -> list[Received]:
    """Take captures in; return for each what is stored, and whether it is new.

    One whose event id the channel knows with another payload is a Conflict
    (CAPTURE_RECORDED_OTHERWISE). Raises RuleBroken (CHANNEL_INACTIVE), Conflict (QUOTA_ROWS).
    """
    channel.ensure_active()
    definitions = await locked_definitions(command.tx, LEADS.resource)
    rules = _readable_rules(channel, definitions)
    read = [_read(command, channel, rules, definitions, each) for each in submissions]
    sent = [capture for capture, _ in read]
    added = {each.id for each in await store.add_unless_known(command.tx, sent)}
    accepted = [
        AcceptedCapture(capture, details)
        for capture, details in read
        if capture.id in added and capture.outcome is CaptureOutcome.ACCEPTED
    ]
    settled = await settle_accepted(command, channel, accepted) if accepted else {}
    await store.settle(command.tx, list(settled.values()))
    known = {each.event_digest for each in sent if each.id not in added}
    repeated = await store.by_event_digest(
        command.tx, channel.id, {one for one in known if one is not None}
    )
    return [_received(each, added, settled, repeated) for each in sent]


def _received(
    sent: Capture,
    added: set[Any],
    settled: Mapping[Any, Capture],
    repeated: Mapping[bytes, Capture],
) -> Received:
    if sent.id in added:
        return settled.get(sent.id, sent), True
    assert sent.event_digest is not None, "only one with an event id can be known"
    stored = repeated[sent.event_digest]
    try:
        stored.ensure_repeats(sent)
    except Conflict as conflict:
        return conflict, False
    return stored, False


def _readable_rules(channel: Channel, definitions: Definitions) -> ChannelRules | None:
    """Return the rules; None if a custom field that they name was changed or deleted since."""
    try:
        return rules_of(channel, definitions)
    except Invalid:
        return None


def _read(
    command: Command,
    channel: Channel,
    rules: ChannelRules | None,
    definitions: Definitions,
    sent: Submission,
) -> tuple[Capture, LeadDetails]:
    """Return a new capture by what the channel reads in it."""
    capture = Capture(
        id=new_id(),
        channel_id=channel.id,
        event_digest=None,
        payload_digest=digest(canonical_json(sent.payload)),
        touched_at=command.now,
        outcome=CaptureOutcome.QUARANTINED,
        reasons=[reason_json(UNREADABLE)],
        payload=sent.payload,
        created_at=command.now,
        updated_at=command.now,
    )
    event_id = sent.event_id
    if rules is None:
        return replace(capture, event_digest=_digest_of(event_id)), LeadDetails()
    read = read_payload(channel, rules, definitions, sent.payload)
    reasons = [each.as_json() for each in read.reasons]
    capture = replace(
        capture,
        event_digest=_digest_of(event_id or read.values.get(EVENT_ID)),
        touched_at=_touched_at(read, command.now),
        outcome=outcome_of(read.verdict),
        reasons=[reason_json(TRAPPED)] if read.trapped else reasons,
        fields=read.values,
    )
    return capture, read.details


def _digest_of(event_id: Any) -> bytes | None:
    return None if event_id is None else digest(str(event_id).encode())


def _touched_at(read: ReadPayload, now: datetime) -> datetime:
    """Return when the person had contact with us: as the payload says, but not in the future."""
    given = read.values.get(TOUCH_AT)
    return now if given is None else min(datetime.fromisoformat(given), now)
