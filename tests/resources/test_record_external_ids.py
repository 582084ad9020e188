"""Every record is written and read by its external ids in the same way."""

from typing import Any

import pytest
from httpx import Response

from tests.resources.records import ANY, Records, code_of, differences

PUT, GET = "PUT /by-external-id/{}/{}", "GET /by-external-id/{}/{}"
NAMES, ADD = "GET /{}/external-ids", "POST /{}/external-ids"


@pytest.mark.records(PUT, GET)
async def test_a_put_creates_changes_and_repeats(records: Records) -> None:
    body = await records.body()
    changed = body | records.sample.patch
    answers = [await records.put("00/4711", each) for each in (body, body, changed, changed)]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200], answers[0].text
    first, same, second, again = [answer.json() for answer in answers]
    assert first["version"] == 1
    assert (same, again) == (first, second)
    assert (second["id"], second["version"]) == (first["id"], 2)
    assert {name: second[name] for name in records.sample.patch} == records.sample.patch
    assert answers[3].headers["ETag"] == '"2"'
    found = await records.call(GET, "erp", "00/4711")
    assert (found.status_code, found.json()) == (200, second)
    assert await records.versions(first) == records.expected_versions(2)
    unknown = await records.call(GET, "erp", "4712")
    assert code_of(unknown) == (404, records.not_found)
    assert unknown.json()["params"] == {"key": "erp/4712"}


@pytest.mark.records(PUT, GET)
async def test_a_put_honours_the_version_that_the_caller_saw(records: Records) -> None:
    body = await records.body()
    changed = body | records.sample.patch

    async def put(name: str, json: Any, if_match: str) -> Response:
        return await records.call(PUT, "erp", name, json=json, if_match=if_match)

    assert code_of(await put("1", body, '"1"')) == (412, "RECORD_ABSENT")
    assert code_of(await put("1", body, ANY)) == (412, "RECORD_ABSENT")
    assert (await records.put("1", body)).status_code == 201
    assert code_of(await put("1", changed, '"7"')) == (412, "STALE_COPY")
    assert (await put("1", changed, '"1"')).json()["version"] == 2
    repeated = await put("1", changed, '"1"')
    assert (repeated.status_code, repeated.json()["version"]) == (200, 2)
    assert (await put("1", body, ANY)).status_code == 200


@pytest.mark.records(PUT, GET)
async def test_a_put_may_create_only(records: Records) -> None:
    body, create_only = await records.body(), {"If-None-Match": "*"}

    async def put(json: Any, headers: dict[str, str], query: str = "") -> Response:
        return await records.call(PUT, "erp", "1", json=json, headers=headers, query=query)

    both = await put(body, {**create_only, "If-Match": ANY})
    assert code_of(both) == (400, "IF_NONE_MATCH_INVALID")
    assert code_of(await put(body, {"If-None-Match": '"1"'})) == (400, "IF_NONE_MATCH_INVALID")
    first = await put(body, create_only)
    assert (first.status_code, first.json()["version"]) == (201, 1)
    for query in ("", "?source_updated_at=2026-11-22T04:00:00Z"):
        assert code_of(await put(body, create_only, query)) == (412, "RECORD_PRESENT")
    newest = await records.put("1", body, query="?source_updated_at=2026-11-22T04:00:00Z")
    older = await put(body, create_only, "?source_updated_at=2026-11-22T03:00:00Z")
    assert code_of(older) == (412, "RECORD_PRESENT")
    assert (await records.call(GET, "erp", "1")).json() == newest.json()


@pytest.mark.records(PUT, "DELETE /{}", "POST /{}/restore")
async def test_a_deleted_record_counts_as_none(records: Records) -> None:
    body = await records.body()
    first = (await records.put("1", body)).json()
    await records.call("DELETE /{}", first["id"], if_match=ANY)
    replaced = await records.call(PUT, "erp", "1", json=body, if_match=ANY)
    assert code_of(replaced) == (412, "RECORD_ABSENT")
    headers = {"If-None-Match": "*"}
    restored = await records.call(PUT, "erp", "1", json=body, headers=headers)
    assert (restored.status_code, restored.json()["id"]) == (200, first["id"])


@pytest.mark.records(PUT, GET)
async def test_an_older_source_changes_nothing(records: Records) -> None:
    body = await records.body()
    newest = await records.put("1", body, query="?source_updated_at=2026-11-22T04:00:00Z")
    changed = body | records.sample.patch
    older = await records.put("1", changed, query="?source_updated_at=2026-11-22T03:00:00Z")
    assert (older.status_code, older.json()) == (200, newest.json())
    newer = await records.put("1", changed, query="?source_updated_at=2026-11-22T05:00:00Z")
    assert (newer.status_code, newer.json()["version"]) == (200, 2)


@pytest.mark.records(PUT, "DELETE /{}", "POST /{}/restore")
async def test_a_put_restores_a_deleted_record(records: Records) -> None:
    body = await records.body()
    first = (await records.put("1", body)).json()
    await records.call("DELETE /{}", first["id"], if_match=ANY)
    hidden = await records.call(GET, "erp", "1")
    assert code_of(hidden) == (404, records.not_found)
    assert hidden.json()["params"] == {"key": "erp/1"}, "the internal id is not disclosed"
    restored = await records.put("1", body | records.sample.patch)
    assert (restored.status_code, restored.json()["id"]) == (200, first["id"])
    assert (await records.call(GET, "erp", "1")).json() == restored.json()
    anew = {"version", "updated_at", *records.sample.restarted}
    assert differences(first, restored.json()) == {*records.sample.patch, *anew}
    assert await records.versions(first) == records.expected_versions(restored.json()["version"])
    expected = records.expected_facts("deleted", "restored", "changed")
    assert (await records.facts(first))[1:] == expected


@pytest.mark.records(NAMES, ADD, GET)
async def test_a_record_has_several_external_ids_and_shares_none(records: Records) -> None:
    record, other = await records.create(), await records.create()
    published = await records.versions(record)
    for name in ("plm/1", "erp/4711", "erp/4711"):
        system, _, external_id = name.partition("/")
        body = {"system": system, "external_id": external_id}
        added = await records.call(ADD, record["id"], json=body)
        assert added.status_code == 201, added.text
    names = (await records.call(NAMES, record["id"])).json()["items"]
    assert [(one["system"], one["external_id"]) for one in names] == [("erp", "4711"), ("plm", "1")]
    taken = await records.call(ADD, other["id"], json={"system": "erp", "external_id": "4711"})
    assert code_of(taken) == (409, "EXTERNAL_ID_TAKEN")
    assert (await records.call(NAMES, other["id"])).json()["items"] == []
    found = await records.call(GET, "plm", "1")
    assert (found.status_code, found.json()["id"]) == (200, record["id"])
    shown = await records.read(record["id"])
    if "external_ids" in record:  # decision 55
        assert [one["system"] for one in shown["external_ids"]] == ["erp", "plm"]
        assert await records.versions(record) == [*published, *(published[-1] + n for n in (1, 2))]
    else:
        assert shown == record, "names are no part of the record"
        assert await records.versions(record) == published
