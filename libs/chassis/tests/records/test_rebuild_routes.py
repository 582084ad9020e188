"""Routes that request rebuilds of replicas and show their progress."""

from uuid import UUID

import pytest

from chassis.events.consumer.processing import Processor
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Partition
from libs.chassis.tests.events.rebuilds.generations import NOTES, ListLog, build
from testkit import tokens
from testkit.plugin import Client, Committed

REQUEST = {"subscription": "testkit.notes", "note": "a new column"}


async def test_a_rebuild_is_requested_and_followed(
    committed: Committed, committed_client: Client, tenant: UUID
) -> None:
    record = Partition(tenant).note(new_id(), 1)
    await Processor(NOTES, committed.worker).apply([record])
    created = await committed_client.post("/replica-rebuilds", json=REQUEST)
    assert created.status_code == 202, created.text
    rebuild = created.json()
    assert (rebuild["status"], rebuild["records_total"], rebuild["note"]) == (
        "READING",
        None,
        "a new column",
    )
    again = await committed_client.post("/replica-rebuilds", json=REQUEST)
    assert (again.status_code, again.json()["code"]) == (409, "REBUILD_RUNNING")
    await build(committed.worker, ListLog([record.value]))
    finished = (await committed_client.get(f"/replica-rebuilds/{rebuild['id']}")).json()
    assert {name: finished[name] for name in ("status", "records_read", "rows_written")} == {
        "status": "FINISHED",
        "records_read": 1,
        "rows_written": 0,  # the copy was right already
    }
    assert finished["requested_by"] == rebuild["requested_by"]
    assert (await committed_client.get("/replica-rebuilds")).json()["items"] == [finished]
    audit = await committed_client.get(f"/replica-rebuilds/{rebuild['id']}/audit")
    ended, requested = audit.json()["items"]
    assert (requested["verb"], requested["reason"]) == ("INSERT", "a new column")
    assert requested["actor"] == rebuild["requested_by"]
    assert [change["field"] for change in ended["changes"]] == ["finished_at", "status"]


async def test_a_wrong_request_names_the_violation(client: Client) -> None:
    unknown = await client.post("/replica-rebuilds", json={"subscription": "testkit.cards"})
    assert unknown.status_code == 422
    (violation,) = unknown.json()["errors"]
    assert (violation["pointer"], violation["code"]) == ("/subscription", "REPLICA_UNKNOWN")
    assert "testkit.notes" in violation["message"]
    wrong = await client.post("/replica-rebuilds", json={"snapshot_id": "x", "note": ""})
    pointers = {error["pointer"] for error in wrong.json()["errors"]}
    assert pointers == {"/subscription", "/snapshot_id", "/note"}


@pytest.mark.parametrize("path", ["/replica-rebuilds", "/event-snapshots"])
async def test_only_event_admins_of_the_tenant_have_access(
    committed_client: Client, tenant: UUID, path: str
) -> None:
    limited = tokens.bearer(tenant, scope="testkit.note.read")
    for method in ("GET", "POST"):
        answer = await committed_client.request(method, path, json={}, headers=limited)
        assert answer.status_code == 403
    missing = await committed_client.get(f"{path}/{new_id()}")
    assert missing.status_code == 404
