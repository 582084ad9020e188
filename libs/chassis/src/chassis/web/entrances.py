"""Routes that are entered with an access key instead of a bearer token, and their OpenAPI.

The guard of such a route is `may_enter` (`chassis.records.access_keys`), which is listed here, so
that the route, its documentation and tests recognize it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.dependencies.models import Dependant

PURPOSE_MARK, EVENT_ID_MARK = "x-access-purpose", "x-event-id"
ACCESS_KEY_HEADER = "X-Access-Key"
# The address of such a route may hold the key: it is kept out of caches and of links followed.
UNCACHED = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
DESCRIPTION = (
    "No bearer token is needed: the access key admits the caller to this operation on its record, "
    "and to nothing else. An unknown, expired, revoked or used-up key, and one for something else, "
    "are all answered by the same 404."
)
RESPONSES = {
    "403": "The tenant of the access key is suspended or deleted",
    "404": "The access key does not admit, for whatever reason",
}


@dataclass(frozen=True)
class Entrance:
    """What is documented of a route that is entered with an access key.

    `description` says what lets the caller in, which may be a signed link (decision 46).
    `event_id` says where the sender's event id is: `X-Event-Id:` in a header, `/event_id` in the
    body; None if the route takes an ordinary Idempotency-Key.
    """

    purpose: str
    event_id: str | None = None
    description: str = DESCRIPTION

    def documented(self, extra: dict[str, Any]) -> dict[str, Any]:
        """Return the `openapi_extra` of the route, marked and with the header of the event id."""
        marked = {**extra, PURPOSE_MARK: self.purpose}
        _DESCRIPTIONS[self.purpose] = self.description
        if self.event_id is None:
            return marked
        parameters = [p for p in extra.get("parameters", ()) if p["name"] != "Idempotency-Key"]
        if self.event_id.endswith(":"):
            parameters.append(_event_id_header(self.event_id.removesuffix(":")))
        return {**marked, "parameters": parameters, EVENT_ID_MARK: self.event_id}


_DESCRIPTIONS: dict[str, str] = {}  # by purpose
# Every guard made by `may_enter`, and that of signed links to files.
ENTRANCES: dict[Callable[..., Any], Entrance] = {}


def entrance_of(dependant: Dependant) -> Entrance | None:
    """Return the entrance among the dependencies of a route, if there is one."""
    return next((ENTRANCES[call] for call in _calls(dependant) if call in ENTRANCES), None)


def is_entrance(request: Request) -> bool:
    """Return whether the route of this request is entered with an access key."""
    extra = getattr(request.scope.get("route"), "openapi_extra", None) or {}
    return PURPOSE_MARK in extra


def document_entrance(operation: dict[str, Any]) -> None:
    """Correct what the framework writes of a route with an access key: it needs no bearer token."""
    if PURPOSE_MARK not in operation:
        return
    operation["security"] = []
    operation["responses"].pop("401", None)
    for status, meaning in RESPONSES.items():
        operation["responses"][status]["description"] = meaning
    for parameter in operation["parameters"]:
        if parameter["name"] == ACCESS_KEY_HEADER:
            parameter["required"] = True
    description, more = operation.get("description", ""), _DESCRIPTIONS[operation[PURPOSE_MARK]]
    if more not in description:
        operation["description"] = f"{description}\n\n{more}".strip()


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _event_id_header(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": "The sender's id of the event, which makes a repeated call safe: the same "
        "event gets the same response again, with `Idempotent-Replayed: true`",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    }
