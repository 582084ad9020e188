"""The admin API of parked events, on the sample service."""

from collections.abc import Callable
from uuid import UUID

from httpx import AsyncClient

from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    effects_of,
    effects_process,
    make_envelope,
    note_data,
)
from testkit.plugin import Committed
from testkit.tenants import add_tenants

Token = Callable[..., str]


async def park_some(committed: Committed, tenant: UUID, faults: Faults, note: UUID) -> None:
    faults.broken = {"bad"}
    partition = Partition(tenant)
    texts = ["bad", "v2", "v3"]
    records = [partition.note(note, s, t) for s, t in enumerate(texts, 1)]
    await Processor(effects_process(faults), committed.worker).apply(records)


async def test_listing_filters_and_pages(
    committed: Committed, committed_client: AsyncClient, tenant: UUID, faults: Faults
) -> None:
    note = new_id()
    await park_some(committed, tenant, faults, note)
    await park_some(committed, new_id(), faults, new_id())
    first = (await committed_client.get("/parked-events", params={"limit": 2})).json()
    rest = await committed_client.get(
        "/parked-events", params={"limit": 2, "cursor": first["next_cursor"]}
    )
    items = first["items"] + rest.json()["items"]
    assert [item["reason"] for item in items] == ["BEHIND", "BEHIND", "FAILED"]
    assert rest.json()["next_cursor"] is None
    assert items[2] | {"id": 0, "event_id": 0, "parked_at": 0} == {
        "id": 0,
        "event_id": 0,
        "type": "testkit.note.written.v1",
        "aggregate_id": str(note),
        "subscription": "sample.effects",
        "key": f"testkit.note.v1:{note}",
        "topic": "testkit.note.v1",
        "reason": "FAILED",
        "error": "HandlerBroken: bad",
        "attempts": 1,
        "status": "PARKED",
        "parked_at": 0,
        "retry_at": None,
        "deadline_at": None,
        "resolved_at": None,
        "resolved_by": None,
        "resolved_by_name": None,
        "note": None,
    }
    for params, count in [
        ({"status": "SKIPPED"}, 0),
        ({"status": "PARKED", "subscription": "sample.effects"}, 3),
        ({"subscription": "sample.others"}, 0),
    ]:
        listed = await committed_client.get("/parked-events", params=params)
        assert len(listed.json()["items"]) == count
    assert (await committed_client.get("/parked-events?colour=red")).status_code == 422
    one = (await committed_client.get(f"/parked-events/{items[2]['id']}")).json()
    assert one["envelope"]["data"] == note_data(note, "bad")


async def test_redrive_and_skip(
    committed: Committed, committed_client: AsyncClient, tenant: UUID, faults: Faults
) -> None:
    note = new_id()
    await park_some(committed, tenant, faults, note)
    items = (await committed_client.get("/parked-events")).json()["items"]
    third, second, first = (item["id"] for item in items)
    refused = await committed_client.post(f"/parked-events/{second}/skip", json={"note": ""})
    assert refused.json()["errors"][0]["pointer"] == "/note"
    skipped = await committed_client.post(f"/parked-events/{second}/skip", json={"note": "no use"})
    assert (skipped.status_code, skipped.json()["status"]) == (200, "SKIPPED")
    assert skipped.json()["resolved_by"] == "01990000-0000-7000-8000-000000000001"
    faults.broken.clear()
    redriven = await committed_client.post(f"/parked-events/{third}/redrive", json={})
    assert redriven.status_code == 200, redriven.text
    assert await Retrier([effects_process(faults)], committed.worker).retry_due() == 2
    assert await effects_of(committed.worker, tenant, note) == [1, 3]
    conflict = await committed_client.post(f"/parked-events/{second}/redrive", json={})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "PARKED_EVENT_SKIPPED")
    assert conflict.json()["detail"] != "PARKED_EVENT_SKIPPED"
    late = await committed_client.post(f"/parked-events/{first}/skip", json={"note": "late"})
    assert (late.status_code, late.json()["code"]) == (409, "PARKED_EVENT_REDRIVEN")


async def test_edit_and_retry(
    committed: Committed, committed_client: AsyncClient, tenant: UUID, faults: Faults
) -> None:
    note = new_id()
    value = make_envelope(tenant, note, 1, "x").encode().replace(b'"text":"x"', b'"text":null')
    records = [Partition(tenant).append(value), Partition(tenant, 1).append(b"{}")]
    records.append(Partition(tenant, 2).append(b'{"tenantid": "%s"}' % str(tenant).encode()))
    await Processor(effects_process(faults), committed.worker).apply(records)
    items = (await committed_client.get("/parked-events")).json()["items"]
    unreadable, wrong = (f"/parked-events/{item['id']}/edit" for item in items)
    answer = await committed_client.post(wrong, json={"data": {}, "note": "x"})
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["/data/note_id", "/data/text"]
    answer = await committed_client.post(unreadable, json={"data": {}, "note": "x"})
    assert (answer.status_code, answer.json()["code"]) == (409, "PARKED_EVENT_UNREADABLE")
    data = {"note_id": str(note), "text": "repaired"}
    answer = await committed_client.post(wrong, json={"data": data, "note": "it was null"})
    assert answer.status_code == 200, answer.text
    assert await Retrier([effects_process(faults)], committed.worker).retry_due() == 1
    assert await effects_of(committed.worker, tenant, note) == [1]


async def test_only_event_admins_of_the_tenant_have_access(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    faults: Faults,
    token: Token,
) -> None:
    await park_some(committed, tenant, faults, new_id())
    stranger = new_id()
    await add_tenants(committed.app, stranger)
    item = (await committed_client.get("/parked-events")).json()["items"][0]["id"]
    requests = [("GET", ""), ("GET", f"/{item}"), ("POST", f"/{item}/redrive")]
    requests += [("POST", f"/{item}/skip"), ("POST", f"/{item}/edit")]
    bodies = {"skip": {"note": "x"}, "redrive": {}, "edit": {"note": "x", "data": {}}}
    for bearer, status in [
        (token(scope="testkit.note.read"), 403),
        (token(tenant=str(stranger)), 404),
    ]:
        for method, path in requests[(status == 404) :]:
            answer = await committed_client.request(
                method,
                f"/parked-events{path}",
                json=bodies.get(path.rpartition("/")[2]),
                headers={"Authorization": f"Bearer {bearer}"},
            )
            assert answer.status_code == status, (method, path, answer.text)
    foreign = {"Authorization": f"Bearer {token(tenant=str(stranger))}"}
    assert (await committed_client.get("/parked-events", headers=foreign)).json()["items"] == []
