"""Invalid requests: all violations are reported at once, and none is a 500."""

from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_opportunity

Json = dict[str, Any]
ID = str(uuid4())


def body(**changes: Any) -> Json:
    return {"account_id": ID, "name": "x", **changes}


def amount(value: Any, currency: Any = "CNY") -> Json:
    return body(amount={"amount": value, "currency": currency})


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("stage=SLEEPING", "?stage", "VALUE_UNKNOWN"),
        ("account_id=7", "?account_id", "ID_INVALID"),
        ("limit=0", "?limit", "TOO_SMALL"),
        ("limit=x", "?limit", "TYPE_INVALID"),
        ("cursor=AAAA", "?cursor", "CURSOR_INVALID"),
        ("colour=red", "?colour", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_queries_are_refused(
    client: AsyncClient, query: str, pointer: str, code: str
) -> None:
    answer = await client.get(f"/opportunities?{query}")
    assert answer.status_code == 422
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("request_body", "expected"),
    [
        ({}, {("/account_id", "REQUIRED"), ("/name", "REQUIRED")}),
        (body(account_id="7", name=7), {("/account_id", "ID_INVALID"), ("/name", "TYPE_INVALID")}),
        (body(name="   "), {("/name", "TOO_SHORT")}),
        (body(name="x" * 201), {("/name", "TOO_LONG")}),
        (body(name="a\0b"), {("/name", "TEXT_INVALID")}),
        (body(stage="WON"), {("/stage", "UNKNOWN_FIELD")}),
        (body(owner_id="me"), {("/owner_id", "OWNER_UNKNOWN")}),
        (body(contact_id="x"), {("/contact_id", "ID_INVALID")}),
        (amount("1e5"), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount("NaN"), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount("007"), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount("１２３"), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount("-0"), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount(5), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount(5.5), {("/amount/amount", "DECIMAL_STRING_INVALID")}),
        (amount("1" * 17), {("/amount/amount", "NUMBER_TOO_LARGE")}),
        (amount("6222020200112230"), {("/amount", "CARD_NUMBER")}),
        (amount("378282246310005"), {("/amount", "CARD_NUMBER")}),
        (amount("6222020200112231"), {("/amount", "AMOUNT_TOO_LARGE")}),
        (amount("1000000000000000"), {("/amount", "AMOUNT_TOO_LARGE")}),
        (amount("-0.01"), {("/amount", "TOO_SMALL")}),
        (amount("0.001"), {("/amount", "AMOUNT_TOO_PRECISE")}),
        (amount("0.5", "JPY"), {("/amount", "AMOUNT_TOO_PRECISE")}),
        (amount("999999999999999.999999"), {("/amount", "AMOUNT_TOO_PRECISE")}),
        (amount("5", "XXX"), {("/amount/currency", "CURRENCY_UNKNOWN")}),
        (amount("5", None), {("/amount/currency", "TYPE_INVALID")}),
        (body(amount="5"), {("/amount", "TYPE_INVALID")}),
        (body(amount={"amount": "5"}), {("/amount/currency", "REQUIRED")}),
        (body(expected_close_date="2027-02-30"), {("/expected_close_date", "DATE_INVALID")}),
        (body(expected_close_date=0), {("/expected_close_date", "DATE_INVALID")}),
        (
            body(expected_close_date="2027-03-31T00:00:00Z"),
            {("/expected_close_date", "DATE_INVALID")},
        ),
        (None, {("", "REQUIRED")}),
        ([], {("", "TYPE_INVALID")}),
    ],
)
async def test_invalid_bodies_are_refused(
    client: AsyncClient, request_body: Any, expected: set[tuple[str, str]]
) -> None:
    answer = await client.post("/opportunities", json=request_body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == expected


@pytest.mark.parametrize(
    ("verb", "request_body", "pointer", "code"),
    [
        ("move", {}, "/stage", "REQUIRED"),
        ("move", {"stage": "WON"}, "/stage", "VALUE_UNKNOWN"),
        ("move", {"stage": "LOST"}, "/stage", "VALUE_UNKNOWN"),
        ("move", {"stage": "bidding"}, "/stage", "VALUE_UNKNOWN"),
        ("move", {"stage": 1}, "/stage", "VALUE_UNKNOWN"),
        ("move", {"stage": ["BIDDING"]}, "/stage", "VALUE_UNKNOWN"),
        ("move", {"stage": "BIDDING", "reason": "x"}, "/reason", "UNKNOWN_FIELD"),
        ("win", {"order_id": ID}, "/order_id", "UNKNOWN_FIELD"),
        ("win", [], "", "TYPE_INVALID"),
        ("lose", {}, "/reason", "REQUIRED"),
        ("lose", {"reason": " \t "}, "/reason", "TOO_SHORT"),
        ("lose", {"reason": "x" * 501}, "/reason", "TOO_LONG"),
        ("lose", {"reason": None}, "/reason", "TYPE_INVALID"),
        ("lose", {"reason": "a\0"}, "/reason", "TEXT_INVALID"),
    ],
)
async def test_invalid_moves_are_refused(
    client: AsyncClient, tx: AsyncConnection, verb: str, request_body: Any, pointer: str, code: str
) -> None:
    opportunity = await add_opportunity(tx)
    answer = await client.post(f"/opportunities/{opportunity.id}/{verb}", json=request_body)
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [(pointer, code)]


async def test_a_violation_lists_the_stages_that_a_move_accepts(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    opportunity = await add_opportunity(tx)
    answer = await client.post(f"/opportunities/{opportunity.id}/move", json={"stage": "x"})
    [error] = answer.json()["errors"]
    assert error["params"]["expected"] == [
        *("FIRST_CONTACT", "SOLUTION", "QUOTATION", "BIDDING", "NEGOTIATION", "SIGNING"),
    ]


@pytest.mark.parametrize(
    "content",
    [b"{", b'{"name": "\\ud800"}', b'{"name": NaN}', b'{"amount": 1e400}', b"\xff", b"[" * 3000],
)
async def test_malformed_json_is_refused(client: AsyncClient, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for path in ("/opportunities", f"/opportunities/{ID}/move", f"/opportunities/{ID}/win"):
        answer = await client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "JSON_INVALID")
