"""Every record is edited, searched and audited in the same way."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from testkit.directory import Company, subject
from testkit.plans import declared_lists
from tests.resources.records import MISSING, Records, code_of, differences, errors_of

TRANSFER = "POST /{}/transfer"


@pytest.mark.records
async def test_a_patch_changes_the_named_fields_and_is_published_once(records: Records) -> None:
    before, patch = await records.create(), records.sample.patch
    answer = await records.patch(before, if_match=f'"{before["version"]}"')
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert {name: after[name] for name in patch} == patch
    assert differences(before, after) == {*patch, "version", "updated_at"}
    assert after["version"] == before["version"] + 1
    assert answer.headers["ETag"] == f'"{after["version"]}"'
    assert await records.read(before["id"]) == after
    assert await records.versions(before) == records.expected_versions(after["version"])
    if records.is_published:
        assert (await records.facts(before))[-1] == "changed"
        state = await records.published_state(before)
        assert {name: state[name] for name in patch} == patch


@pytest.mark.records
async def test_a_patch_without_effect_saves_nothing_and_needs_no_if_match(
    records: Records,
) -> None:
    record = (await records.patch(await records.create())).json()
    published = await records.versions(record)
    same = {name: record[name] for name in records.sample.patch}
    for patch in ({}, same):
        for if_match in ('"99"', MISSING):
            answer = await records.patch(record, patch, if_match=if_match)
            assert (answer.status_code, answer.json()) == (200, record)
    assert await records.versions(record) == published


@pytest.mark.records
async def test_an_edit_and_a_transfer_need_the_current_version(records: Records) -> None:
    record = await records.create()
    published = await records.versions(record)
    missing = await records.patch(record, if_match=MISSING)
    assert code_of(missing) == (428, "PRECONDITION_REQUIRED")
    stale = await records.patch(record, if_match=f'"{record["version"] + 1}"')
    assert code_of(stale) == (412, "STALE_COPY")
    if records.has(TRANSFER):
        async with records.maker.begin() as tx:
            await Company(tx).person("zhou")
        for if_match, refusal in (
            (MISSING, (428, "PRECONDITION_REQUIRED")),
            ('"99"', (412, "STALE_COPY")),
        ):
            answer = await records.call(
                TRANSFER, record["id"], json={"owner_id": subject("zhou")}, if_match=if_match
            )
            assert code_of(answer) == refusal
    assert await records.read(record["id"]) == record
    assert await records.versions(record) == published


@pytest.mark.records("GET")
async def test_search_finds_the_new_name_and_not_the_old_one(records: Records) -> None:
    before = await records.create()
    listing = declared_lists(records.resource.service)[records.resource.collection.strip("/")]
    words = listing.table.info["words"].columns if listing.options.words else ()
    after = (await records.patch(before)).json()
    for name in {*words} & {*records.sample.patch}:
        assert await records.ids(f"?q={after[name]}") == [before["id"]]
        assert await records.ids(f"?q={before[name]}") == []


@pytest.mark.records("GET /{}/audit")
async def test_the_audit_lists_each_change_with_the_name_of_the_actor(
    records: Records, tx: AsyncConnection
) -> None:
    await Company(tx).person("li")
    before = await records.create()
    entries = (await records.call("GET /{}/audit", before["id"])).json()["items"]
    after = (await records.patch(before)).json()
    for _ in range(2):  # without effect
        await records.patch(before)
    [changed, *earlier] = (await records.call("GET /{}/audit", before["id"])).json()["items"]
    assert earlier == entries
    assert (changed["verb"], changed["part"]) == ("UPDATE", None)
    assert (changed["actor"], changed["actor_name"]) == (subject("li"), "li")
    assert changed["changes"] == [
        {"field": name, "from": before[name], "to": after[name]} for name in records.sample.patch
    ]
    if records.has("POST"):
        assert [(one["verb"], one["actor_name"]) for one in earlier if one["part"] is None] == [
            ("INSERT", "li")
        ]


@pytest.mark.records(shows="custom_fields")
async def test_custom_fields_are_validated_merged_published_and_filtered(
    records: Records,
) -> None:
    await _define(records, "colour", "TEXT")
    await _define(records, "weight", "NUMBER")
    record = await records.create()
    for patch, expected in (
        ({"colour": "red", "weight": "1.5"}, {"colour": "red", "weight": "1.5"}),
        ({"weight": "2"}, {"colour": "red", "weight": "2"}),
        ({"colour": None}, {"weight": "2"}),
    ):
        answer = await records.patch(record, {"custom_fields": patch})
        assert answer.status_code == 200, answer.text
        assert answer.json()["custom_fields"] == expected
        assert await records.read(record["id"]) == answer.json()
        state = await records.published_state(record)
        assert state["custom_fields"] == expected
    [removed, *_] = (await records.call("GET /{}/audit", record["id"])).json()["items"]
    assert removed["changes"] == [{"field": "custom_fields.colour", "from": "red", "to": None}]
    assert await records.ids("?custom.weight__gte=2") == [record["id"]]
    assert await records.ids("?custom.weight__gt=2") == []
    wrong = {"custom_fields": {"size": 1, "weight": "heavy"}}
    refused = {
        ("/custom_fields/size", "UNKNOWN_FIELD"),
        ("/custom_fields/weight", "DECIMAL_STRING_INVALID"),
    }
    assert errors_of(await records.patch(record, wrong)) == refused
    if records.has("POST"):
        body = await records.body()
        assert errors_of(await records.post(body | wrong)) == refused
        second = (await records.post(body | {"custom_fields": {"colour": "blue"}})).json()
        state = await records.published_state(second)
        assert second["custom_fields"] == state["custom_fields"] == {"colour": "blue"}
    assert errors_of(await records.patch(record, {"custom_fields": []})) == {
        ("/custom_fields", "TYPE_INVALID")
    }


@pytest.mark.records("POST", shows="custom_fields")
async def test_a_required_custom_field_is_required_for_new_records_only(records: Records) -> None:
    old = await records.create()
    await _define(records, "colour", "TEXT", required=True)
    refused = await records.post(await records.body())
    assert errors_of(refused) == {("/custom_fields/colour", "REQUIRED")}
    changed = await records.patch(old)
    assert changed.status_code == 200, changed.text


@pytest.mark.records("PUT /by-external-id/{}/{}", shows="custom_fields")
async def test_a_put_has_all_required_custom_fields(records: Records) -> None:
    body = await records.body()
    first = (await records.put("1", body)).json()
    await _define(records, "colour", "TEXT", required=True)
    for name in ("1", "2"):  # a record from before, and a new one
        refused = await records.put(name, body)
        assert errors_of(refused) == {("/custom_fields/colour", "REQUIRED")}
    complete = await records.put("1", body | {"custom_fields": {"colour": "red"}})
    assert (complete.status_code, complete.json()["id"]) == (200, first["id"])
    assert complete.json()["custom_fields"] == {"colour": "red"}


async def _define(records: Records, key: str, kind: str, **more: Any) -> None:
    """Define a custom field of the resource that its list filters by."""
    body = {"resource": records.resource.name, "key": key, "type": kind, "filterable": True}
    labels = {"label_zh": key, "label_en": key}
    answer = await records.client.post("/custom-fields", json={**body, **labels, **more})
    assert answer.status_code == 201, answer.text
