"""The route of the pull feed: a tenant's events for subscribers without Kafka."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from chassis.events.feed import FeedFilter, FeedPosition, latest_position, read_feed
from chassis.events.relay.cursor import CursorPosition
from chassis.events.relay.windows import Snapshot
from chassis.records.access.guards import has_owners
from chassis.records.access.visibility import sees_everything
from chassis.records.lists.listing import find_listing
from chassis.web.auth import Caller, Principal, allow
from chassis.web.pages import DEFAULT_LIMIT, MAX_LIMIT, reject_unknown_parameters
from chassis.web.problem_schema import Problem
from chassis.web.routing import new_router
from chassis.web.signed_cursors import read_cursor, sign_cursor
from chassis.web.transaction import Tx
from contracts.event import EVENT_CLASSES
from contracts.resources import resource_of_events
from contracts.topics import load_events
from kernel.errors import Forbidden, Invalid, Violation

LATEST = "latest"
EXAMPLE: dict[str, Any] = {
    "items": [
        {
            "specversion": "1.0",
            "id": "01a202dc-a2b1-7d3c-9c55-9d1f02a7e6b4",
            "source": "/mtl",
            "type": "mtl.lead.disqualified.v1",
            "subject": "01a202dc-a2a5-700f-bf6f-431fa8cac7da",
            "time": "2026-11-22T08:31:12.345678Z",
            "datacontenttype": "application/json",
            "dataschema": "/contracts/schemas/events/mtl.lead.disqualified.v1.json",
            "tenantid": "019ab000-0000-7000-8000-000000000001",
            "sequence": 3,
            "epoch": 1,
            "partitionkey": "019ab000-0000-7000-8000-000000000001:"
            "01a202dc-a2a5-700f-bf6f-431fa8cac7da",
            "correlationid": "01a202dc-a28f-7b10-8a4e-5d4a3f0c9b12",
            "causationid": "01a202dc-a28f-7b10-8a4e-5d4a3f0c9b12",
            "actor": "01990000-0000-7000-8000-0000000000a1",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "data": {
                "lead": {
                    "lead_id": "01a202dc-a2a5-700f-bf6f-431fa8cac7da",
                    "external_id": None,
                    "name": "王芳",
                    "company": "上海示例有限公司",
                    "phone": "+8613800138000",
                    "email": None,
                    "source": "展会",
                    "owner_id": "019ab000-0000-7000-8000-000000000102",
                    "attributes": {},
                    "status": "INVALID",
                },
                "reason": "ALREADY_KNOWN",
                "note": "重复咨询",
            },
        }
    ],
    "next_cursor": "pQ0Xw1r6v4mJmFyq2cS3MlsxLCI3ODE6NzgxOiIsbnVsbCwwLDBd",
    "has_more": False,
}


class FeedEvent(BaseModel):
    """An event in its envelope, as on Kafka: a CloudEvents 1.0 event in structured JSON."""

    specversion: str
    id: UUID
    source: str
    type: str
    subject: UUID = Field(description="The id of the record that the event is about")
    time: datetime
    datacontenttype: str
    dataschema: str
    tenantid: UUID
    sequence: int = Field(description="The version of the record after the event")
    epoch: int = Field(description="The life of the publishing database; compare it first")
    partitionkey: str
    correlationid: str
    causationid: str = Field("", description="Absent where nothing caused the event")
    actor: str = Field(
        "", description="Who caused it, over several services: a subject, or `system:<component>`"
    )
    traceparent: str
    data: dict[str, Any] = Field(description="The payload, by the JSON Schema of the event type")


class EventPage(BaseModel):
    """Events in order, and the position after them."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    items: list[FeedEvent]
    next_cursor: str = Field(description="Send it as `after` to read on, now or later")
    has_more: bool = Field(description="Whether more events can be read at once")


def event_feed_router(service: str) -> APIRouter:
    """Build `GET /events`: the caller needs `<service>.event.read`, and every row of a type.

    An event type is read with `<resource>.read` of the resource that declares its aggregate
    (`contracts.resources`); where its records have owners also with `<resource>.all`, unless the
    caller is a service client, which sees all records. Where the list of the resource shows fields
    only with a further scope, the events need it too: they carry the whole state, and a subscriber
    could not tell a field that is left out from an empty one.
    """
    load_events()
    router = new_router("/events", tag="events")
    expired = {"model": Problem, "description": "Events after the cursor are no longer kept"}

    @router.get(
        "",
        dependencies=[allow(f"{service}.event.read"), Depends(reject_unknown_parameters)],
        response_model=EventPage,
        responses={410: expired},
    )
    async def event_list(
        request: Request,
        tx: Tx,
        caller: Caller,
        after: Annotated[
            str | None,
            Query(
                description="`next_cursor` of the page before; `latest` begins with the events to"
                " come; without it the feed begins with the oldest event that is kept"
            ),
        ] = None,
        types: Annotated[
            str | None,
            Query(
                description="Event types, separated by commas; all that the caller may read"
                " if omitted",
                examples=[f"{service}.work.changed.v1"],
            ),
        ] = None,
        limit: Annotated[
            int, Query(ge=1, description=f"At most {MAX_LIMIT}; more is reduced to it")
        ] = DEFAULT_LIMIT,
    ) -> Response:
        """Read events in order: those of one record never overtake each other."""
        chosen = _chosen(service, caller, types)
        purpose = f"{request.url.path} {caller.tenant_id}".encode()
        key: bytes = request.app.state.cursor_key
        if after == LATEST:
            return _answer([], await latest_position(tx), purpose, key, has_more=False)
        position = None if after is None else _position(after, purpose, key)
        page = await read_feed(tx, position, chosen, limit=min(limit, MAX_LIMIT))
        events = [event.encode() for event in page.events]
        return _answer(events, page.position, purpose, key, has_more=page.has_more)

    return router


def _chosen(service: str, caller: Principal, types: str | None) -> FeedFilter:
    """Return what to read. Raises Invalid (VALUE_UNKNOWN), Forbidden (SCOPE_MISSING)."""
    published = {name: kind for name, kind in EVENT_CLASSES.items() if _is_of(service, name)}
    aggregates = {kind.aggregate_type() for kind in published.values()}
    if types is None:
        missing = {name: _missing_scope(caller, name) for name in sorted(aggregates)}
        readable = [name for name, scope in missing.items() if scope is None]
        if not readable:
            raise Forbidden("SCOPE_MISSING", scopes=list(missing.values()))
        return FeedFilter(readable)
    names = list(dict.fromkeys(types.split(",")))
    if not published.keys() >= set(names):
        raise Invalid([Violation("?types", "VALUE_UNKNOWN", {"expected": sorted(published)})])
    requested = sorted({published[name].aggregate_type() for name in names})
    scopes = [scope for name in requested if (scope := _missing_scope(caller, name))]
    if scopes:
        raise Forbidden("SCOPE_MISSING", scopes=scopes)
    return FeedFilter(requested, names)


def _is_of(service: str, event_type: str) -> bool:
    return event_type.partition(".")[0] == service


def _missing_scope(caller: Principal, aggregate: str) -> str | None:
    """Return the scope that the caller lacks to read all events of the aggregate, if any."""
    declared = resource_of_events(aggregate)
    resource = aggregate if declared is None else declared.name
    if not caller.may(f"{resource}.read"):
        return f"{resource}.read"
    if has_owners(resource) and not sees_everything(caller, resource):
        return f"{resource}.all"
    listing = find_listing(resource.partition(".")[0], resource)
    further = "" if listing is None else listing.restricted.scope
    return further if further and not caller.may(further) else None


def _position(cursor: str, purpose: bytes, key: bytes) -> FeedPosition:
    """Return the position in a cursor. Raises Invalid (CURSOR_INVALID)."""
    content = read_cursor(cursor, purpose=purpose, key=key)
    if content is None:
        raise Invalid([Violation("?after", "CURSOR_INVALID")])
    epoch, lo, hi, last, pruned = orjson.loads(content)
    place = CursorPosition(Snapshot.parse(lo), Snapshot.parse(hi) if hi else None, last)
    return FeedPosition(epoch, place, pruned)


def _answer(
    events: Sequence[bytes], position: FeedPosition, purpose: bytes, key: bytes, *, has_more: bool
) -> Response:
    """Return the page; its events are the very bytes that Kafka records hold."""
    place = position.place
    hi = None if place.hi is None else str(place.hi)
    content = orjson.dumps([position.epoch, str(place.lo), hi, place.last, position.pruned])
    body = {
        "items": [orjson.Fragment(event) for event in events],
        "next_cursor": sign_cursor(content, purpose=purpose, key=key),
        "has_more": has_more,
    }
    return Response(orjson.dumps(body), media_type="application/json")
