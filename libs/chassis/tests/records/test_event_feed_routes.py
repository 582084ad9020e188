"""`GET /events` of the sample service: envelopes, cursors, scopes, and expiry."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient, Response

from chassis.database.connections import open_connection
from chassis.database.pruning import prune
from chassis.events.feed import NEW_WINDOW, REST_OF_WINDOW
from chassis.events.relay.epoch import rebase_database
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import QUICK, write_versions
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed
from testkit.tenants import add_tenants
from testkit.tokens import bearer

Token = Callable[..., str]
NOTE = "testkit.note.written.v1"
CARD = "testkit.card.written.v1"


async def relay_all(committed: Committed) -> RecordingTransport:
    transport = RecordingTransport()
    await Relay("testkit", committed.urls.worker_url, transport, poll=QUICK).drain()
    return transport


async def as_owner(committed: Committed, statement: str) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(statement)


async def prune_all(committed: Committed) -> None:
    """Delete every event of the outbox, as if 15 days had passed.

    The relay passes an event only after the transactions that are older than it, also those of
    tests that run beside this one.
    """
    await as_owner(committed, "UPDATE outbox SET created = created - interval '15 days'")
    async with (
        asyncio.timeout(30),
        open_connection(committed.urls.owner_url, name="test") as connection,
    ):
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox)"):
            await relay_all(committed)
            await prune(committed.worker, now=now())


async def older_transactions_end(committed: Committed) -> None:
    """Wait until no transaction is open that is older than an event of the outbox.

    A cursor taken beside such a transaction, also one in the database of another test, expires
    when the event is deleted: in life the transaction would have been open for 14 days.
    """
    async with (
        asyncio.timeout(30),
        open_connection(committed.urls.owner_url, name="test") as connection,
    ):
        older = "SELECT max(xid) >= pg_snapshot_xmin(pg_current_snapshot()) FROM outbox"
        while await connection.fetchval(older):  # noqa: ASYNC110  # no event tells of their end
            await asyncio.sleep(0.02)


async def read(client: AsyncClient, after: str | None = None, **params: Any) -> dict[str, Any]:
    if after is not None:
        params["after"] = after
    answer = await client.get("/events", params=params)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def problem(answer: Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_events_have_the_envelope_of_kafka(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=3)
    kafka = [orjson.loads(record.value) for record in (await relay_all(committed)).delivered]
    first = await read(committed_client, limit=2)
    assert first["has_more"] is True
    rest = await read(committed_client, first["next_cursor"], limit=2)
    assert [*first["items"], *rest["items"]] == kafka
    assert rest["has_more"] is False
    assert (await read(committed_client, rest["next_cursor"]))["items"] == []


async def test_the_feed_goes_on_from_its_end_and_from_the_latest_event(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    ends = [(await read(committed_client))["next_cursor"]]
    ends.append((await read(committed_client, "latest"))["next_cursor"])
    await write_versions(committed.app, tenant, versions=2)
    for end in ends:
        assert [e["sequence"] for e in (await read(committed_client, end))["items"]] == [1, 2]


@pytest.mark.parametrize("after", ["", "x", "ä", "latest!", "AAAA", "a" * 60])
async def test_a_malformed_cursor_is_refused(client: AsyncClient, after: str) -> None:
    body = problem(await client.get("/events", params={"after": after}), 422)
    assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("?after", "CURSOR_INVALID")]


async def test_a_cursor_of_another_tenant_or_an_altered_one_is_refused(
    committed: Committed, committed_client: AsyncClient, token: Token
) -> None:
    cursor = (await read(committed_client))["next_cursor"]
    stranger = new_id()
    await add_tenants(committed.app, stranger)
    answer = await committed_client.get(
        "/events", params={"after": cursor}, headers=bearer(stranger)
    )
    assert problem(answer, 422)["errors"][0]["code"] == "CURSOR_INVALID"
    altered = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    answer = await committed_client.get("/events", params={"after": altered})
    assert problem(answer, 422)["errors"][0]["code"] == "CURSOR_INVALID"


async def test_parameters_are_validated_together(client: AsyncClient) -> None:
    body = problem(await client.get("/events", params={"limit": 0, "colour": "red"}), 422)
    assert {error["pointer"] for error in body["errors"]} == {"?limit", "?colour"}
    for types in ("", "testkit.note.erased.v1", f"{NOTE},l2o.account.created.v1", f"{NOTE},"):
        body = problem(await client.get("/events", params={"types": types}), 422)
        assert [(e["pointer"], e["code"]) for e in body["errors"]] == [("?types", "VALUE_UNKNOWN")]
        assert NOTE in body["errors"][0]["params"]["expected"]


async def test_types_choose_events(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    body = {"title": "Tender", "stage": "TO_DO"}
    created = await committed_client.post("/cards", json=body)
    assert created.status_code == 201, created.text
    for types, found in [(None, {NOTE, CARD}), (NOTE, {NOTE}), (f"{CARD},{NOTE}", {NOTE, CARD})]:
        items = (await read(committed_client, **({"types": types} if types else {})))["items"]
        assert {item["type"] for item in items} == found


FEED, READ_NOTES, READ_CARDS = "testkit.event.read", "testkit.note.read", "testkit.card.read"


@pytest.mark.parametrize(
    ("kind", "scopes", "types", "missing"),
    [
        ("client", [READ_NOTES], NOTE, [FEED]),
        ("client", [FEED, READ_NOTES], NOTE, None),
        ("person", [FEED, READ_NOTES], NOTE, None),  # notes have no owners
        ("client", [FEED, READ_NOTES], CARD, [READ_CARDS]),
        ("client", [FEED, READ_CARDS], CARD, None),
        ("person", [FEED, READ_CARDS], CARD, ["testkit.card.all"]),
        ("person", [FEED, READ_CARDS, "testkit.card.all"], CARD, None),
        ("person", [FEED, READ_CARDS], f"{NOTE},{CARD}", ["testkit.card.all", READ_NOTES]),
        ("person", ["testkit.*"], f"{NOTE},{CARD}", None),
    ],
)
async def test_a_type_is_read_by_those_who_see_all_its_records(
    client: AsyncClient,
    tenant: UUID,
    kind: str,
    scopes: list[str],
    types: str,
    missing: list[str] | None,
) -> None:
    caller = bearer(tenant, kind=kind, scope=" ".join(scopes))
    answer = await client.get("/events", params={"types": types}, headers=caller)
    if missing is None:
        assert answer.status_code == 200, answer.text
    else:
        body = problem(answer, 403)
        assert (body["code"], body["params"]["scopes"]) == ("SCOPE_MISSING", missing)


async def test_without_types_only_readable_ones_come(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    await committed_client.post("/cards", json={"title": "Tender", "stage": "TO_DO"})
    for scope, found in [(READ_NOTES, [NOTE]), (f"{READ_CARDS} {READ_NOTES}", [NOTE])]:
        person = bearer(tenant, scope=f"{FEED} {scope}")
        page = (await committed_client.get("/events", headers=person)).json()
        assert [item["type"] for item in page["items"]] == found
    nobody = await committed_client.get("/events", headers=bearer(tenant, scope=FEED))
    assert "testkit.note.read" in problem(nobody, 403)["params"]["scopes"]


async def test_a_cursor_before_deleted_events_expires(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    behind = (await read(committed_client))["next_cursor"]
    await write_versions(committed.app, tenant, versions=3)
    inside = (await read(committed_client, behind, limit=2))["next_cursor"]
    beginning = (await read(committed_client, limit=1))["next_cursor"]
    await older_transactions_end(committed)
    current = (await read(committed_client, behind))["next_cursor"]
    await prune_all(committed)
    await write_versions(committed.app, tenant, versions=1)
    for cursor in (behind, inside, beginning):
        answer = await committed_client.get("/events", params={"after": cursor})
        body = problem(answer, 410)
        assert body["code"] == "CURSOR_EXPIRED"
        kept = await read(committed_client)
        assert body["params"] == {"oldest_event_at": kept["items"][0]["time"]}
        assert "without the parameter after" in body["detail"]
    assert len((await read(committed_client, current))["items"]) == 1
    chinese = await committed_client.get(
        "/events", params={"after": behind}, headers={"Accept-Language": "zh-CN"}
    )
    assert "不再保留" in chinese.json()["detail"]


async def test_a_reader_past_the_deleted_events_goes_on(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    """It reads from the beginning; what it has read is deleted behind it."""
    await write_versions(committed.app, tenant, versions=4)
    await older_transactions_end(committed)
    page = await read(committed_client, limit=2)
    await relay_all(committed)
    await as_owner(
        committed,
        "UPDATE outbox SET created = created - interval '15 days' WHERE aggversion <= 2",
    )
    assert (await prune(committed.worker, now=now())).outbox == 2
    rest = await read(committed_client, page["next_cursor"])
    assert [item["sequence"] for item in rest["items"]] == [3, 4]
    assert [item["sequence"] for item in (await read(committed_client))["items"]] == [3, 4]


async def test_deleted_events_of_other_tenants_expire_no_cursor(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    stranger = new_id()
    await add_tenants(committed.app, stranger)
    cursor = (await read(committed_client))["next_cursor"]
    await write_versions(committed.app, stranger, versions=2)
    await prune_all(committed)
    await write_versions(committed.app, tenant, versions=1)
    assert len((await read(committed_client, cursor))["items"]) == 1


async def test_a_restored_database_answers_once_it_is_rebased(
    committed: Committed, committed_client: AsyncClient, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=2)
    await relay_all(committed)
    cursor = (await read(committed_client))["next_cursor"]
    await as_owner(
        committed, "UPDATE database_epoch SET system_identifier = '7' || system_identifier"
    )
    waiting = await committed_client.get("/events", params={"after": cursor})
    assert problem(waiting, 503)["code"] == "DATABASE_RESTORED"
    await rebase_database(committed.urls.owner_url)
    expired = await committed_client.get("/events", params={"after": cursor})
    assert problem(expired, 410)["code"] == "CURSOR_EXPIRED"
    page = await read(committed_client, limit=1)
    assert [(e["epoch"], e["sequence"]) for e in page["items"]] == [(2, 1)]
    rest = await read(committed_client, page["next_cursor"])
    assert [(e["epoch"], e["sequence"]) for e in rest["items"]] == [(2, 2)]


ROWS_OF_OTHERS = """
INSERT INTO outbox (tenant_id, xid, bucket, id, aggregatetype, aggregateid, aggversion, type,
  payload, correlationid, traceparent)
SELECT $1, (n + 10)::text::xid8, 0, gen_random_uuid(), 'testkit.note', gen_random_uuid(), 1,
  'testkit.note.written.v1', '{}', 'c', 't' FROM generate_series(1, 5000) AS n
"""
VALUES = {
    ":last": "4000",
    ":limit": "51",
    ":aggregates": "'{testkit.note}'",
    ":types": "NULL",
    ":since": "'4900'",
    ":until": "'5000'",
    ":finished": "'{17}'",
    ":hi": "'100000:100000:'",
    ":lo": "'10:10:'",
}


@pytest.mark.parametrize(
    ("statement", "index"),
    [(NEW_WINDOW, "ix_outbox_tenant_id_xid"), (REST_OF_WINDOW, "outbox_pkey")],
)
async def test_a_page_reads_a_range_of_an_index(
    committed: Committed, tenant: UUID, statement: str, index: str
) -> None:
    """As the app's role: under a policy only leakproof comparisons use an index."""
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(ROWS_OF_OTHERS, tenant)
        await connection.execute(ROWS_OF_OTHERS, new_id())
        await connection.execute("ANALYZE outbox")
    for name, value in VALUES.items():
        statement = statement.replace(name, value)
    async with open_connection(committed.urls.app_url, name="test") as connection:
        await connection.execute(f"SET app.tenant = '{tenant}'")
        plan = "\n".join(r[0] for r in await connection.fetch(f"EXPLAIN {statement}"))
    assert f"using {index}" in plan or f"on {index}" in plan, plan
    assert "Seq Scan" not in plan
