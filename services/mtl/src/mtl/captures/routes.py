"""The HTTP API of captures: the entrance of senders, and the queue of reviewers."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Body, Depends, Header, Request, Response
from pydantic import TypeAdapter, ValidationError

from chassis.foundation.clock import Now
from chassis.foundation.violations import violations_of_body
from chassis.records.access.guards import may_list
from chassis.records.access.visibility import Visibility
from chassis.records.access_keys.entry import AccessEntry, AccessKeyRefused, may_enter
from chassis.records.audit.routes import audit_router
from chassis.records.lists.expansion import Expansion, expansion_of
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.commands import ChangeCommand
from chassis.web.problems import problem_body, problem_details
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from chassis.web.visitor_origins import VISITED, admit_origin
from kernel.errors import DomainError, Invalid
from mtl.captures.actions.receiving import Received, receive_captures
from mtl.captures.actions.reviews import approve_capture, reject_capture
from mtl.captures.domain import Submission
from mtl.captures.schemas import (
    CaptureApproveIn,
    CaptureBatchIn,
    CaptureBatchOut,
    CaptureEntry,
    CaptureOut,
    CaptureReceipt,
    CaptureRejectIn,
    CaptureResult,
    EventId,
)
from mtl.captures.store import CAPTURE, CAPTURES, LISTING
from mtl.captures.views import read_as_lead
from mtl.channels.actions import CAPTURE_KEY
from mtl.channels.domain.channel import Channel
from mtl.channels.schemas.channels import Payload
from mtl.channels.store import CHANNEL
from mtl.duplicates.schemas.customers import DuplicatesOut
from mtl.duplicates.views.answers import duplicates_of
from mtl.leads.store import LEADS

MAX_PAYLOAD_BYTES: Final = 65_536
READ, WRITE = [allow("mtl.capture.read")], [allow("mtl.capture.write")]
_ENTRY: Final[TypeAdapter[CaptureEntry]] = TypeAdapter(CaptureEntry)
Seen = Annotated[Visibility, may_list(LEADS)]
senders = new_router("/channels", tag="captures")
router = new_router("/captures", tag="captures")


async def _channel(
    request: Request,
    channel_id: UUID,
    entry: Annotated[AccessEntry, may_enter(CAPTURE_KEY, key_in="header")],
) -> Channel:
    """Return the channel of the key, if it admits the site and the number of requests."""
    if entry.record_id != channel_id:
        raise AccessKeyRefused
    channel = await CHANNEL.get(entry.tx, channel_id)
    admit_origin(request, channel.admits_origin)
    request.app.state.access_key_limits.count_request(channel.id, channel.requests_per_minute)
    request.state.capture_entry = entry
    return channel


OpenChannel = Annotated[Channel, Depends(_channel)]


@senders.post(
    "/{channel_id}/captures",
    status_code=201,
    responses={200: {"model": CaptureReceipt, "description": "It was handed in before"}},
    openapi_extra={**VISITED, "x-max-body-bytes": MAX_PAYLOAD_BYTES},
    summary="Hand in a lead through a channel",
)
async def capture_create(
    request: Request,
    response: Response,
    channel: OpenChannel,
    payload: Annotated[
        Payload, Body(examples=[{"form": {"name": "王芳", "mobile": "138-0013-8000"}}])
    ],
    event_id: Annotated[
        EventId | None,
        Header(alias="X-Event-Id", description="The sender's id: what is sent again counts once"),
    ] = None,
) -> CaptureReceipt:
    """Hand in any JSON object; the channel's mapping says what it means.

    Its answer is stored with it, so that the same event id answers `200` with the same outcome, and
    409 `CAPTURE_RECORDED_OTHERWISE` with another payload. The event id may also be a field of the
    payload that the mapping names. Whether a lead was there already is not said.
    """
    entry: AccessEntry = request.state.capture_entry
    submission = Submission(payload=payload, event_id=event_id)
    [(received, is_new)] = await receive_captures(entry.command, channel, [submission])
    if isinstance(received, DomainError):
        raise received
    response.status_code = 201 if is_new else 200
    return CaptureReceipt.of(received, shows_duplicates=channel.shows_duplicates)


@senders.post(
    "/{channel_id}/captures/batch",
    status_code=207,
    openapi_extra=VISITED,
    summary="Hand in up to 200 leads through a channel",
)
async def capture_create_many(
    request: Request, channel: OpenChannel, body: CaptureBatchIn
) -> CaptureBatchOut:
    """Hand in captures in one transaction, each with an outcome of its own."""
    entry: AccessEntry = request.state.capture_entry
    read = [_submission(each) for each in body.captures]
    valid = [each for each in read if isinstance(each, Submission)]
    received = iter(await receive_captures(entry.command, channel, valid) if valid else [])
    results = [
        _failed(request, each)
        if isinstance(each, Invalid)
        else _result(request, channel, next(received))
        for each in read
    ]
    return CaptureBatchOut(results=results)


def _submission(entry: Any) -> Submission | Invalid:
    try:
        return Submission(**dict(_ENTRY.validate_python(entry)))
    except ValidationError as invalid:
        return Invalid(violations_of_body(invalid))


def _result(request: Request, channel: Channel, received: Received) -> CaptureResult:
    stored, is_new = received
    if isinstance(stored, DomainError):
        return _failed(request, stored)
    receipt = CaptureReceipt.of(stored, shows_duplicates=channel.shows_duplicates)
    return CaptureResult(status=201 if is_new else 200, receipt=receipt)


def _failed(request: Request, error: DomainError) -> CaptureResult:
    details = problem_details(error)
    problem = problem_body(request.app.state.texts, details, instance=request.url.path)
    return CaptureResult.model_validate({"status": details.status, "problem": problem})


add_list_routes(
    router,
    LISTING,
    description="The queue of those that wait for a decision: `outcome=QUARANTINED` and "
    "`sort=created_at`, the oldest first.",
)


@router.get("/{capture_id}", dependencies=READ, summary="Read a capture with its payload")
async def capture_get(
    capture_id: UUID, tx: Tx, expansion: Annotated[Expansion, expansion_of(CaptureOut)]
) -> CaptureOut:
    """Read what was handed in, what the channel read in it, and what became of it."""
    capture = CaptureOut.model_validate(await CAPTURE.get(tx, capture_id))
    return await expansion.expanded(tx, capture)


@router.get(
    "/{capture_id}/duplicates",
    dependencies=READ,
    summary="Find what is like a capture: leads, accounts and contacts",
)
async def capture_duplicates(
    capture_id: UUID, tx: Tx, caller: Caller, now: Now, visibility: Seen
) -> DuplicatesOut:
    """Compare what was handed in with all leads, accounts and contacts, before it is approved.

    The answer is that of `POST /leads/duplicate-check`, which compares corrected fields.
    """
    lead = await read_as_lead(tx, await CAPTURE.get(tx, capture_id), now=now)
    return await duplicates_of(tx, lead, caller, visibility, now=now)


@router.post(
    "/{capture_id}/approve", dependencies=WRITE, summary="Make a lead of a capture in quarantine"
)
async def capture_approve(
    capture_id: UUID, body: CaptureApproveIn, command: ChangeCommand
) -> CaptureOut:
    """Make a lead of it, with corrected fields, or a touch of the lead that was there already.

    The gate does not judge it again, but every field must be valid.
    """
    approved = await approve_capture(command, capture_id, corrections=body.fields, note=body.note)
    return CaptureOut.model_validate(approved)


@router.post("/{capture_id}/reject", dependencies=WRITE, summary="Refuse a capture in quarantine")
async def capture_reject(
    capture_id: UUID, body: CaptureRejectIn, command: ChangeCommand
) -> CaptureOut:
    """Refuse it for good, with a reason; a refused one stays as it is."""
    return CaptureOut.model_validate(await reject_capture(command, capture_id, note=body.note))


ROUTERS = (
    senders,
    router,
    audit_router("/captures", resource=CAPTURES.resource, table=CAPTURES.table, dependencies=READ),
)
