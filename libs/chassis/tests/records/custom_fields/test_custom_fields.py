"""Tests of custom fields: definitions, validation, merge patches and filters."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.tables import custom_values
from testkit.plugin import Client

COLOURS = [
    {"value": value, "label_zh": value, "label_en": value} for value in ("red", "blue", "green")
]


def field_body(key: str, kind: str, **options: Any) -> dict[str, Any]:
    labels = {"label_zh": "字段", "label_en": "Field"}
    return {"resource": "testkit.card", "key": key, "type": kind, **labels, **options}


async def define(client: Client, key: str, kind: str, **options: Any) -> dict[str, Any]:
    answer = await client.post("/custom-fields", json=field_body(key, kind, **options))
    assert answer.status_code == 201, answer.text
    field: dict[str, Any] = answer.json()
    return field


async def define_all_kinds(client: Client) -> None:
    await define(client, "note", "TEXT", max_length=10, filterable=True)
    await define(client, "weight", "NUMBER", minimum="0", maximum="10.5", filterable=True)
    await define(client, "since", "DATE", minimum="2020-01-01", filterable=True)
    await define(client, "vip", "BOOLEAN", filterable=True)
    await define(client, "colour", "CHOICE", choices=COLOURS, filterable=True)
    await define(client, "likes", "MULTI_CHOICE", choices=COLOURS, filterable=True)


FULL = {
    "note": "hello",
    "weight": "1.5",
    "since": "2026-01-31",
    "vip": True,
    "colour": "red",
    "likes": ["blue", "red"],
}


async def create_card(client: Client, **fields: Any) -> str:
    answer = await client.post("/cards", json={"title": "One", "custom_fields": fields})
    assert answer.status_code == 201, answer.text
    return f"/cards/{answer.json()['id']}"


async def test_values_of_every_type_are_saved(client: Client) -> None:
    await define_all_kinds(client)
    address = await create_card(
        client, **{**FULL, "note": " hello ", "weight": "1.50", "vip": None}
    )
    card = (await client.get(address)).json()
    assert card["custom_fields"] == {k: v for k, v in FULL.items() if k != "vip"}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"unknown": "x"}, "UNKNOWN_FIELD"),
        ({"note": 1}, "TYPE_INVALID"),
        ({"note": "  "}, "TOO_SHORT"),
        ({"note": "12345678901"}, "TOO_LONG"),
        ({"note": "a\0b"}, "TYPE_INVALID"),
        ({"weight": 1.5}, "DECIMAL_STRING_INVALID"),
        ({"weight": "1e1"}, "DECIMAL_STRING_INVALID"),
        ({"weight": "-1"}, "TOO_SMALL"),
        ({"weight": "10.500001"}, "TOO_LARGE"),
        ({"since": "2026-02-30"}, "DATE_INVALID"),
        ({"since": 20260101}, "DATE_INVALID"),
        ({"since": "2019-12-31"}, "TOO_SMALL"),
        ({"vip": "true"}, "TYPE_INVALID"),
        ({"colour": "pink"}, "VALUE_UNKNOWN"),
        ({"colour": ["red"]}, "VALUE_UNKNOWN"),
        ({"likes": "red"}, "TYPE_INVALID"),
        ({"likes": ["red", "pink"]}, "VALUE_UNKNOWN"),
        ({"likes": [{}]}, "VALUE_UNKNOWN"),
        ({"note": {"deep": []}}, "TYPE_INVALID"),
    ],
)
async def test_invalid_values_are_refused(
    client: Client, fields: dict[str, Any], code: str
) -> None:
    await define_all_kinds(client)
    answer = await client.post("/cards", json={"title": "One", "custom_fields": fields})
    (key,) = fields
    violations = [(e["pointer"], e["code"]) for e in answer.json()["errors"]]
    assert (answer.status_code, violations) == (422, [(f"/custom_fields/{key}", code)])


async def test_every_violation_is_reported_at_once(client: Client) -> None:
    await define_all_kinds(client)
    await define(client, "must", "TEXT", required=True)
    body = {"title": "One", "custom_fields": {"weight": "x", "a/b": 1, "colour": "pink"}}
    answer = await client.post("/cards", json=body)
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == {
        "/custom_fields/weight": "DECIMAL_STRING_INVALID",
        "/custom_fields/a~1b": "UNKNOWN_FIELD",
        "/custom_fields/colour": "VALUE_UNKNOWN",
        "/custom_fields/must": "REQUIRED",
    }


async def test_a_patch_merges_custom_fields(client: Client) -> None:
    await define_all_kinds(client)
    address = await create_card(client, **FULL)
    body = {"custom_fields": {"note": None, "weight": "2", "likes": ["green"]}}
    card = (await client.patch(address, json=body)).json()
    expected = {k: v for k, v in FULL.items() if k != "note"}
    assert card["custom_fields"] == {**expected, "weight": "2", "likes": ["green"]}
    again = (await client.patch(address, json=body)).json()
    assert again["version"] == card["version"] == 2


async def test_existing_values_stay_valid_after_a_change_of_the_definition(client: Client) -> None:
    """Other edits of old records succeed when a field becomes inactive, stricter or required."""
    weight = await define(client, "weight", "NUMBER")
    address = await create_card(client, weight="100")
    await client.patch(f"/custom-fields/{weight['id']}", json={"maximum": "10", "active": False})
    await define(client, "must", "TEXT", required=True)
    assert (await client.patch(address, json={"title": "Two"})).status_code == 200
    refused = await client.patch(address, json={"custom_fields": {"weight": "5"}})
    assert refused.json()["errors"][0]["code"] == "CUSTOM_FIELD_INACTIVE"
    stored = await client.patch(address, json={"custom_fields": {"must": "x"}})
    assert stored.status_code == 200
    dropped = await client.patch(address, json={"custom_fields": {"must": None}})
    assert dropped.json()["errors"][0]["code"] == "REQUIRED"


@pytest.mark.parametrize(
    ("field", "violations"),
    [
        (field_body("Bad", "TEXT"), {"/key": "PATTERN_MISMATCH"}),
        (field_body("a__b", "TEXT"), {"/key": "PATTERN_MISMATCH"}),
        (field_body("k", "COLOUR"), {"/type": "VALUE_UNKNOWN"}),
        (field_body("k", "TEXT", resource="l2o.account"), {"/resource": "VALUE_UNKNOWN"}),
        (field_body("k", "CHOICE"), {"/choices": "TOO_SHORT"}),
        (
            field_body("k", "CHOICE", choices=[COLOURS[0]] * 2),
            {"/choices/1/value": "CUSTOM_CHOICE_TWICE"},
        ),
        (field_body("k", "TEXT", choices=COLOURS), {"/choices": "CUSTOM_FIELD_OPTION_UNFIT"}),
        (field_body("k", "TEXT", minimum="1"), {"/minimum": "CUSTOM_FIELD_OPTION_UNFIT"}),
        (field_body("k", "NUMBER", max_length=3), {"/max_length": "CUSTOM_FIELD_OPTION_UNFIT"}),
        (
            field_body("k", "NUMBER", minimum="x", maximum="1e9"),
            {"/minimum": "DECIMAL_STRING_INVALID", "/maximum": "DECIMAL_STRING_INVALID"},
        ),
        (field_body("k", "NUMBER", minimum="2", maximum="1"), {"/maximum": "TOO_SMALL"}),
        (field_body("k", "DATE", minimum="2026-13-01"), {"/minimum": "DATE_INVALID"}),
        (field_body("k", "TEXT", max_length=4001), {"/max_length": "TOO_LARGE"}),
    ],
)
async def test_invalid_definitions_are_refused(
    client: Client, field: dict[str, Any], violations: dict[str, str]
) -> None:
    answer = await client.post("/custom-fields", json=field)
    assert answer.status_code == 422, answer.text
    assert {e["pointer"]: e["code"] for e in answer.json()["errors"]} == violations


async def test_immutable_and_used_parts_of_a_definition(client: Client) -> None:
    colour = await define(client, "colour", "CHOICE", choices=COLOURS)
    twice = await client.post("/custom-fields", json=field_body("colour", "TEXT"))
    assert (twice.status_code, twice.json()["code"]) == (409, "CUSTOM_FIELD_EXISTS")
    address = f"/custom-fields/{colour['id']}"
    retyped = await client.patch(address, json={"type": "TEXT"})
    assert retyped.json()["errors"][0]["code"] == "UNKNOWN_FIELD"
    await create_card(client, colour="red")
    for body, code in (({"choices": COLOURS[1:]}, "CUSTOM_CHOICE_IN_USE"),):
        answer = await client.patch(address, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (await client.patch(address, json={"choices": COLOURS[:2]})).status_code == 200
    removed = await client.delete(address)
    assert (removed.status_code, removed.json()["code"]) == (409, "CUSTOM_FIELD_IN_USE")
    stale = await client.patch(address, json={"position": 1}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    unused = await define(client, "unused", "TEXT")
    assert (await client.delete(f"/custom-fields/{unused['id']}")).status_code == 204
    listed = (await client.get("/custom-fields?resource=testkit.card")).json()["items"]
    assert [field["key"] for field in listed] == ["colour"]
    verbs = [e["verb"] for e in (await client.get(f"{address}/audit")).json()["items"]]
    assert verbs == ["UPDATE", "INSERT"]


FILTERS = [
    ("custom.note=hello", "a"),
    ("custom.note__startswith=he", "ac"),
    ("custom.note__in=hello,other", "ab"),
    ("custom.weight=1.50", "a"),
    ("custom.weight__gt=1.5", "b"),
    ("custom.weight__gte=1.5&custom.weight__lt=9", "a"),
    ("custom.since__lte=2026-01-31", "a"),
    ("custom.vip=true", "a"),
    ("custom.vip=false", "b"),
    ("custom.colour__in=red,blue", "ab"),
    ("custom.likes=red", "ab"),
    ("custom.vip__isnull=true", "cd"),
    ("custom.vip__isnull=false&custom.likes=blue", "a"),
]


@pytest.mark.parametrize("later", [False, True])
async def test_filters_select_the_expected_records(client: Client, later: bool) -> None:
    """The filters also work if a field becomes filterable after records have values."""
    await define_all_kinds(client)
    fields = (await client.get("/custom-fields?resource=testkit.card")).json()["items"]
    if later:
        for field in fields:
            await client.patch(f"/custom-fields/{field['id']}", json={"filterable": False})
    ids = {
        "a": await create_card(client, **FULL),
        "b": await create_card(
            client, note="other", weight="9", vip=False, colour="blue", likes=["red"]
        ),
        "c": await create_card(client, note="hey"),
        "d": await create_card(client),
    }
    if later:
        refused = await client.get("/cards?custom.note=hello")
        assert refused.json()["errors"][0]["code"] == "CUSTOM_FIELD_NOT_FILTERABLE"
        for field in fields:
            await client.patch(f"/custom-fields/{field['id']}", json={"filterable": True})
    for query, expected in FILTERS:
        answer = await client.get(f"/cards?{query}")
        assert answer.status_code == 200, answer.text
        violations = {f"/cards/{card['id']}" for card in answer.json()["items"]}
        assert violations == {ids[name] for name in expected}, query


async def test_filters_follow_changes_of_the_record(client: Client, tx: AsyncConnection) -> None:
    await define_all_kinds(client)
    address = await create_card(client, **FULL)
    await client.patch(address, json={"custom_fields": {"likes": ["green"], "note": None}})
    assert (await client.get("/cards?custom.likes=red")).json()["items"] == []
    assert len((await client.get("/cards?custom.likes=green")).json()["items"]) == 1
    stored = select(func.count()).select_from(custom_values)
    assert (await tx.execute(stored)).scalar_one() == 5


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("custom.nothing=1", "UNKNOWN_FIELD"),
        ("custom.=1", "UNKNOWN_FIELD"),
        ("custom.note__gte=a", "UNKNOWN_FIELD"),
        ("custom.weight__in=1", "UNKNOWN_FIELD"),
        ("custom.weight=abc", "DECIMAL_STRING_INVALID"),
        ("custom.since=tomorrow", "DATE_INVALID"),
        ("custom.vip=maybe", "VALUE_INVALID"),
        ("custom.vip__isnull=perhaps", "VALUE_INVALID"),
        ("custom.colour__in=" + ",".join(map(str, range(101))), "TOO_LONG"),
    ],
)
async def test_invalid_filters_are_refused(client: Client, query: str, code: str) -> None:
    await define_all_kinds(client)
    answer = await client.get(f"/cards?{query}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)


async def test_definitions_require_scopes(client: Client, token: Callable[..., str]) -> None:
    reader = {"Authorization": f"Bearer {token(scope='testkit.custom_field.read')}"}
    assert (await client.get("/custom-fields?resource=x", headers=reader)).status_code == 200
    answer = await client.post("/custom-fields", json=field_body("k", "TEXT"), headers=reader)
    assert answer.status_code == 403


async def test_a_choice_in_use_is_not_removed_by_a_concurrent_edit(
    committed_client: Client,
) -> None:
    """Cards choose what an admin removes concurrently: no card ends up with a removed choice."""
    for turn in range(4):
        key = f"c{turn}"
        field = await define(committed_client, key, "CHOICE", choices=COLOURS)
        body = {"title": "One", "custom_fields": {key: "red"}}
        removed, *written = await asyncio.gather(
            committed_client.patch(f"/custom-fields/{field['id']}", json={"choices": COLOURS[1:]}),
            *(committed_client.post("/cards", json=body) for _ in range(4)),
        )
        chosen = [answer for answer in written if answer.status_code == 201]
        assert removed.status_code in (200, 409)
        assert not (removed.status_code == 200 and chosen)
