"""Every record is deleted and restored in the same way."""

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from testkit.directory import Company, subject
from testkit.samples import Body
from tests.resources.records import ANY, MISSING, Records, code_of, differences

RESTORE = "POST /{}/restore"


@pytest.mark.records("DELETE /{}", RESTORE)
async def test_a_deleted_record_is_hidden_until_it_is_restored(records: Records) -> None:
    before = await records.create()
    for _ in range(2):  # the second time without effect
        deleted = await records.call("DELETE /{}", before["id"], if_match=ANY)
        assert deleted.status_code == 204, deleted.text
        await _assert_is_hidden(records, before)
    [shown] = await records.listed("?deleted=true")
    assert (shown["id"], shown["version"]) == (before["id"], before["version"] + 1)
    assert shown.get("deleted_at", "not shown") is not None
    for _ in range(2):
        restored = await records.call(RESTORE, before["id"], if_match=ANY)
        assert restored.status_code == 200, restored.text
        anew = {"version", "updated_at", *records.sample.restarted}
        assert differences(before, restored.json()) == anew
    assert await records.read(before["id"]) == restored.json()
    assert restored.json()["version"] == before["version"] + 2
    assert await records.ids() == [before["id"]]
    assert await records.ids("?deleted=true") == []
    assert await records.versions(before) == records.expected_versions(before["version"] + 2)
    assert (await records.facts(before))[-2:] == records.expected_facts("deleted", "restored")


@pytest.mark.records("DELETE /{}", without=RESTORE)
async def test_a_record_without_restore_is_deleted_for_good(records: Records) -> None:
    record = await records.create()
    deleted = await records.call("DELETE /{}", record["id"], if_match=ANY)
    assert deleted.status_code == 204, deleted.text
    await _assert_is_hidden(records, record)
    again = await records.call("DELETE /{}", record["id"], if_match=ANY)
    assert code_of(again) == (404, records.not_found)
    assert await records.versions(record) == records.expected_versions(record["version"] + 1)
    assert (await records.facts(record))[-1:] == records.expected_facts("deleted")


@pytest.mark.records("DELETE /{}")
async def test_a_deletion_and_a_restore_need_the_current_version(records: Records) -> None:
    record = await records.create()
    await _assert_version_is_needed(records, "DELETE /{}", record)
    assert await records.read(record["id"]) == record
    deleted = await records.call("DELETE /{}", record["id"], if_match=f'"{record["version"]}"')
    assert deleted.status_code == 204, deleted.text
    if records.has(RESTORE):
        await _assert_version_is_needed(records, RESTORE, record)
        restored = await records.call(RESTORE, record["id"], if_match=f'"{record["version"] + 1}"')
        assert restored.status_code == 200, restored.text


# What is read of a deleted record by those who could read it, besides its place in the list of
# deleted records.
HISTORY = (
    *("GET /{}/access", "GET /{}/audit", "GET /{}/owners", "GET /{}/external-ids"),
    *("GET /{}/history", "GET /{}/stage-changes", "GET /{}/versions"),
)
SHARES = (
    "PUT /{}/team/{}",
    "DELETE /{}/team/{}",
    "PUT /{}/shares/{}/{}",
    "DELETE /{}/shares/{}/{}",
)


@pytest.mark.records("DELETE /{}", RESTORE)
async def test_the_history_of_a_deleted_record_is_read_and_nothing_is_written(
    records: Records, tx: AsyncConnection
) -> None:
    await Company(tx).person("li")
    record = await records.create()
    await records.call("DELETE /{}", record["id"], if_match=ANY)
    assert code_of(await records.call("GET /{}", record["id"])) == (404, records.not_found)
    for route in filter(records.has, HISTORY):
        answer = await records.call(route, record["id"])
        assert answer.status_code == 200, (route, answer.text)
    versions = await records.versions(record)
    assert code_of(await records.patch(record)) == (404, records.not_found)
    writes: list[tuple[str, tuple[object, ...], Body | None]] = [
        ("POST /{}/external-ids", (), {"system": "erp", "external_id": "7"}),
        ("POST /{}/transfer", (), {"owner_id": subject("li")}),
    ]
    for route in SHARES:
        grantee = ("PERSON", new_id()) if "shares" in route else (new_id(),)
        writes.append((route, grantee, {"access": "READ"} if route.startswith("PUT") else None))
    for route, more, body in writes:
        if records.has(route):
            answer = await records.call(route, record["id"], *more, json=body, if_match=ANY)
            assert code_of(answer) == (404, records.not_found), route
    assert await records.versions(record) == versions


async def _assert_version_is_needed(records: Records, route: str, record: Body) -> None:
    published = await records.versions(record)
    missing = await records.call(route, record["id"], if_match=MISSING)
    assert code_of(missing) == (428, "PRECONDITION_REQUIRED")
    stale = await records.call(route, record["id"], if_match='"99"')
    assert code_of(stale) == (412, "STALE_COPY")
    assert await records.versions(record) == published


async def _assert_is_hidden(records: Records, record: Body) -> None:
    answers = [
        await records.call("GET /{}", record["id"]),
        await records.patch(record),
    ]
    if records.has("POST /{}/external-ids"):
        body = {"system": "erp", "external_id": "7"}
        answers.append(await records.call("POST /{}/external-ids", record["id"], json=body))
    for answer in answers:
        assert code_of(answer) == (404, records.not_found)
    assert await records.ids() == []
