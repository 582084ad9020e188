"""Every list offers the same: pages, cursors, lines, counts, searches, HEAD, and chosen fields."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Table, text

from chassis.database.backbone_tables import parked_events
from chassis.events.rebuilds.tables import replica_rebuilds
from chassis.events.resend_tables import event_resends
from chassis.files.exports.tables import exports
from chassis.files.imports.tables import import_runs
from chassis.records.custom_fields.tables import definitions
from chassis.records.lists.tables import saved_views
from chassis.records.snapshots.tables import event_snapshots
from chassis.web.openapi import response_properties
from deploy.services import SERVICES
from org.tenant_tasks.store import tenant_tasks
from testkit.directory import sign_in, subject
from testkit.filling import insert_rows
from testkit.plans import declared_lists
from testkit.plugin import Client, Committed
from tests.resources.conftest import samples_of
from tests.resources.found_resources import api_document

ROWS, PAGE = 7, 3
LINES = {"Accept": "application/jsonl"}
LI = f"'{subject('li')}'"
REQUESTED = {"requested_by": LI, "error": "NULL", "cancelled_by": "NULL"}

# Lists that only page, or answer all at once, each with its reason.
PLAIN = {
    "/pools/{}/leads": "what members see: no search, export or view may reach what is hidden",
    "/score-models": "the few models of a tenant, with their cards",
    "/bulk-changes/{}/leads": "what became of the leads of one change",
    "/events": "the pull feed: its order and its end are those of the outbox",
    "/imports/{}/refusals": "rows of one file, in its order",
    "/imports/{}/warnings": "rows of one file, in its order",
    "/departments/{}/subtree": "one branch of the tree; the list filters by department",
    "/accounts/{}/subtree": "one branch of the tree; the list filters by parent",
    "/tenant/audit": "the history of one record, newest first",
    "/number-formats": "one for each type of document",
    "/quotes/{}/messages": "the few messages about a quote",
    "/tenant-exports": "the few of the last days",
    "/me/sessions": "the sessions of one person",
    "/people/{}/sessions": "the sessions of one person",
    "/calendar/days": "all days of a span",
    "/references/countries": "constants of the world, whole",
    "/references/currencies": "constants of the world, whole",
    "/references/languages": "constants of the world, whole",
    "/references/regions": "constants of the world, whole",
    "/references/regions/{}": "constants of the world, whole",
    "/accounts/{}/balance": "what one customer owes, a line for each currency",
    "/reconciliation": "one answer",
}
# Endings of the lists that are the history or the parts of one record.
OF_ONE_RECORD = {
    "audit", "owners", "history", "moves", "stage-changes", "versions", "revisions", "touches",
    "merges", "timeline", "consents", "cancellations", "shipments", "allocations", "access-keys",
    "external-ids", "files", "approvals",
}  # fmt: skip
# Lists of the chassis, which are the same code in every service: their rows are tried in org.
SHARED: Mapping[str, tuple[Table, Mapping[str, str]]] = {
    "/imports": (
        import_runs,
        {
            "created_by": LI,
            "failures": "'[]'",
            "warnings": "'[]'",
            "resource": "'org.person'",
            "scopes": "'[]'",
            "mapping": "NULL",
        },
    ),
    "/exports": (exports, {"created_by": LI, "failures": "'[]'", "fields": "NULL"}),
    "/custom-fields": (
        definitions,
        {"choices": "'[]'", "type": "'TEXT'", "minimum": "NULL", "maximum": "NULL"},
    ),
    "/saved-views": (saved_views, {"subject": LI, "fields": "'[]'", "is_default": "n = 1"}),
    "/event-snapshots": (
        event_snapshots,
        {**REQUESTED, "status": "CASE WHEN n = 1 THEN 'RUNNING' ELSE 'FINISHED' END",
         "aggregates": "'[]'"},
    ),
    "/replica-rebuilds": (
        replica_rebuilds,
        {**REQUESTED, "status": "CASE WHEN n = 1 THEN 'READING' ELSE 'FAILED' END",
         "whole_aggregates": "'[]'"},
    ),
    "/event-resends": (event_resends, REQUESTED),
    "/parked-events": (
        parked_events,
        {"status": "'PARKED'", "reason": "CASE WHEN n = 1 THEN 'BEHIND' ELSE 'FAILED' END",
         "resolved_by": "NULL"},
    ),
    "/tenant-tasks": (tenant_tasks, {"requested_by": LI}),
}  # fmt: skip
# Lists of operators, whose tests sign in as such.
FOR_OPERATORS = {"/admin/tenants", "/admin/unreadable-events"}
# What the rows of a list need beside the values that check its plans, to be shown.
SHOWN: Mapping[str, Mapping[str, str]] = {
    "org.task": {"assignee": LI, "kind": "'OWN'", "text": "NULL", "params": "'{}'"},
    "org.notification": {
        "recipient": LI,
        "text": """'{"zh": "来信", "en": "News"}'""",
        "params": "'{}'",
    },
    "desk.approval_task": {"person": LI},
    "org.reminder": {"owner_id": LI, "kind": "'OWN'", "template": "NULL"},
    # The callers are people too, whose ids begin as those of other rows do.
    "org.person": {"id": "('01990000-0000-7000-8001-' || lpad(to_hex(n), 12, '0'))::uuid"},
}


@dataclass(frozen=True)
class Listed:
    """A list, and how its table is filled."""

    service: str
    collection: str
    table: Table
    columns: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None

    def __str__(self) -> str:
        return f"{self.service}{self.collection.replace('/', '-')}"


def lists() -> Iterator[Listed]:
    for collection, (table, columns) in SHARED.items():
        yield Listed("org", collection, table, columns)
    for service in SERVICES:
        samples = samples_of(service)
        for name, listing in declared_lists(service).items():
            sample = samples[name].columns if name in samples else {}
            columns = {**sample, **SHOWN.get(listing.resource, {})}
            owner = listing.scoped.owner if listing.scoped else None
            yield Listed(service, f"/{name}", listing.table, columns, owner)


@pytest.fixture
def service(listed: Listed) -> str:
    return listed.service


@pytest.fixture
async def parameters(listed: Listed, committed: Committed, tenant: UUID) -> dict[str, Any]:
    """Fill the list with a few rows; return the parameters that it documents, by name."""
    async with committed.app.begin(tenant) as tx:  # also for the keys of encrypted columns
        rows = insert_rows(listed.table, ROWS, listed.columns, owner=listed.owner)
        await tx.execute(text(rows))
    path = f"/{listed.service}/v1{listed.collection}"
    operation = api_document(listed.service)["paths"][path]["get"]
    return {one["name"]: one for one in operation["parameters"]}


async def pages(client: Client, path: str, **query: str) -> list[dict[str, Any]]:
    """Return the items of a list, from one page to the next."""
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.get(path, params={**query, "limit": str(PAGE), **cursor})
        page = body_of(answer)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def body_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("listed", [*lists()], ids=str)
async def test_a_list_offers_what_every_list_offers(
    listed: Listed, committed_client: Client, tenant: UUID, parameters: dict[str, Any]
) -> None:
    client = committed_client
    client.headers.update(sign_in(tenant, "li", scope="*"))
    client.headers.pop("If-Match", None)
    path = listed.collection
    items = await pages(client, path)
    ids = [one["id"] for one in items]
    assert len(ids) == len(set(ids)) >= ROWS

    # Pages by number, and the lines of a stream, show the same.
    numbered = []
    for number in range(1, -(-len(ids) // PAGE) + 1):
        query = {"limit": str(PAGE), "page": str(number)}
        page = body_of(await client.get(path, params=query))
        assert page["total"] == len(ids)
        numbered += page["items"]
    assert numbered == items
    streamed = await client.get(path, headers=LINES)
    assert [json.loads(line) for line in streamed.text.splitlines()] == items

    # The tabs of every field that can be counted add up to the whole list.
    for name in parameters["count_by"]["schema"]["anyOf"][0].get("enum", [_first(parameters)]):
        counted = body_of(await client.get(path, params={"count_by": name}))
        assert sum(one["count"] for one in counted["counts"]) == len(ids), name

    # Some records by their ids, in the query and in the body of a search; some of their fields.
    two = {"id__in": f"{ids[0]},{ids[-1]}"}
    assert await pages(client, path, **two) == [items[0], items[-1]]
    body = {"filter_groups": [{"id__in": [ids[0], ids[-1]]}]}
    assert body_of(await client.post(f"{path}/search", json=body))["items"] == [
        items[0],
        items[-1],
    ]
    [chosen] = await pages(client, path, id__in=ids[0], fields="id")
    assert chosen == {"id": ids[0]}

    # HEAD has the headers of GET and no body; an unknown parameter is refused by its name.
    head, get = await client.head(path), await client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    assert _lasting(head) == _lasting(get)
    refused = await client.get(path, params={"colour": "red"})
    assert refused.json()["errors"][0]["pointer"] == "?colour"


def _lasting(answer: httpx.Response) -> dict[str, str]:
    own = {"x-request-id", "traceparent"}
    return {name: value for name, value in answer.headers.items() if name not in own}


def _first(parameters: dict[str, Any]) -> str:
    """Return the first field that the description of `count_by` names."""
    described: str = parameters["count_by"]["description"]
    return described.rpartition(" one of ")[2].split(",")[0]


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_offers_them_or_pages_only_for_a_reason(service: str) -> None:
    document = api_document(service)
    paths, schemas = document["paths"], document["components"]["schemas"]
    plain, tried = set(), {one.collection for one in lists() if one.service in (service, "org")}
    for path, item in paths.items():
        names = {one["name"] for one in item.get("get", {}).get("parameters", [])}
        relative = path.removeprefix(f"/{service}/v1")
        if "items" not in response_properties(item.get("get", {}), schemas):
            continue
        if {"fields", "page", "count_by", "id__in"} <= names and f"{path}/search" in paths:
            assert relative in tried or relative in FOR_OPERATORS, path
        elif relative.rpartition("/")[2] not in OF_ONE_RECORD:
            plain.add(_without_names(relative))
    assert plain <= set(PLAIN), plain - set(PLAIN)


def test_every_reason_is_of_a_list() -> None:
    found = {
        _without_names(path.removeprefix(f"/{service}/v1"))
        for service in SERVICES
        for path in api_document(service)["paths"]
    }
    assert set(PLAIN) <= found
    assert {path.rpartition("/")[2] for path in found} >= OF_ONE_RECORD - {"access-keys"}


def _without_names(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
