"""Recording, listing and reading payments over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from rms.accounts.store import accounts
from services.rms.tests.factories import (
    AccountLedger,
    add_payment,
    cny,
    errors_of,
    post,
)
from testkit.plugin import PublishedFacts


def payment_body(ledger: AccountLedger, **changes: Any) -> dict[str, Any]:
    return {
        "account_id": str(ledger.account_id),
        "bank_reference": "ICBC-1",
        "amount": {"amount": "1130.00", "currency": "CNY"},
        "received_date": "2026-11-20",
    } | changes


async def test_a_payment_is_recorded_once_per_reference(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    answer = await post(client, "/payments", payment_body(ledger, bank_reference="  ICBC-1\n"))
    assert answer.status_code == 201, answer.text
    payment = answer.json()
    assert (payment["document_no"], payment["bank_reference"]) == ("PY-2026-000002", "ICBC-1")
    assert (payment["status"], payment["version"]) == ("UNALLOCATED", 1)
    assert payment["unallocated"] == {"amount": "1130.00", "currency": "CNY"}
    read = await client.get(answer.headers["location"].removeprefix("/rms/v1"))
    assert read.json() == payment | {"allocations": [], "returns": []}
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == ("rms.payment.received.v1", 1)
    assert fact.payload["payment"]["bank_reference"] == "ICBC-1"
    assert fact.payload["payment"]["account_name"] == "星辰科技"

    twice = await post(
        client, "/payments", payment_body(ledger, amount={"amount": "1", "currency": "USD"})
    )
    assert (twice.status_code, twice.json()["code"]) == (409, "PAYMENT_DUPLICATE")
    assert twice.json()["params"] == {
        "payment_id": payment["id"],
        "document_no": "PY-2026-000002",
    }
    third = await post(client, "/payments", payment_body(ledger, bank_reference="ICBC-2"))
    assert third.json()["document_no"] == "PY-2026-000003"


async def test_a_payment_needs_an_idempotency_key(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    before = len(await published())
    bare = await client.post("/payments", json=payment_body(ledger))
    assert (bare.status_code, bare.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert len(await published()) == before


async def test_a_batch_of_payments_keeps_the_rules_of_each_payment(
    client: AsyncClient, ledger: AccountLedger
) -> None:
    """A document has batches too: the bank reference stays unique, and a key is demanded."""
    payment = await post(client, "/payments", payment_body(ledger))
    changed = {"id": payment.json()["id"], "version": 1, "patch": {"note": "checked"}}
    body = {
        "items": [
            {"create": payment_body(ledger, bank_reference="ICBC-2")},
            {"create": payment_body(ledger)},
            {"create": payment_body(ledger, bank_reference="", amount=None)},
            changed,
        ]
    }
    bare = await client.post("/payments/batch", json=body)
    assert (bare.status_code, bare.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    answer = await post(client, "/payments/batch", body)
    assert answer.status_code == 207, answer.text
    results = answer.json()["items"]
    assert [each["status"] for each in results] == [201, 409, 422, 200]
    assert results[0]["record"]["document_no"] == "PY-2026-000003"
    assert results[1]["problem"]["code"] == "PAYMENT_DUPLICATE"
    assert (results[3]["record"]["note"], results[3]["record"]["version"]) == ("checked", 2)
    refused = await post(client, "/payments/batch", {**body, "atomic": True})
    reasons = {(each["pointer"], each["code"]) for each in refused.json()["errors"]}
    assert refused.status_code == 409
    assert {("/items/0", "PAYMENT_DUPLICATE"), ("/items/1", "PAYMENT_DUPLICATE")} <= reasons


AMOUNT = "/amount"


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"amount": {"amount": "0", "currency": "CNY"}}, AMOUNT, "TOO_SMALL"),
        ({"amount": {"amount": "-1.00", "currency": "CNY"}}, AMOUNT, "TOO_SMALL"),
        ({"amount": {"amount": "1.234", "currency": "CNY"}}, AMOUNT, "AMOUNT_TOO_PRECISE"),
        ({"amount": {"amount": "1.5", "currency": "JPY"}}, AMOUNT, "AMOUNT_TOO_PRECISE"),
        (
            {"amount": {"amount": "999999999999999.999999", "currency": "CNY"}},
            AMOUNT,
            "AMOUNT_TOO_PRECISE",
        ),
        (
            {"amount": {"amount": "1e5", "currency": "CNY"}},
            "/amount/amount",
            "DECIMAL_STRING_INVALID",
        ),
        (
            {"amount": {"amount": "NaN", "currency": "CNY"}},
            "/amount/amount",
            "DECIMAL_STRING_INVALID",
        ),
        (
            {"amount": {"amount": 1.5, "currency": "CNY"}},
            "/amount/amount",
            "DECIMAL_STRING_INVALID",
        ),
        (
            {"amount": {"amount": "99999999999999999", "currency": "CNY"}},
            "/amount/amount",
            "NUMBER_TOO_LARGE",
        ),
        (
            {"amount": {"amount": "6222020200112230", "currency": "CNY"}},
            AMOUNT,
            "CARD_NUMBER",
        ),
        ({"amount": {"amount": "1", "currency": "RMB"}}, "/amount/currency", "CURRENCY_UNKNOWN"),
        ({"amount": {"amount": "1", "currency": "cny"}}, "/amount/currency", "CURRENCY_UNKNOWN"),
        ({"amount": {"amount": "1"}}, "/amount/currency", "REQUIRED"),
        ({"amount": "1.00"}, AMOUNT, "TYPE_INVALID"),
        ({"bank_reference": " \u3000 "}, "/bank_reference", "TOO_SHORT"),
        ({"bank_reference": "x" * 141}, "/bank_reference", "TOO_LONG"),
        ({"bank_reference": "a\0b"}, "/bank_reference", "TEXT_INVALID"),
        ({"bank_reference": 1}, "/bank_reference", "TYPE_INVALID"),
        ({"received_date": "2026-13-01"}, "/received_date", "DATE_INVALID"),
        ({"received_date": 0}, "/received_date", "DATE_INVALID"),
        ({"received_date": "2026-11-23"}, "/received_date", "DATE_IN_FUTURE"),
        ({"received_date": "1999-12-31"}, "/received_date", "DATE_TOO_EARLY"),
        ({"received_date": "1900-01-01"}, "/received_date", "DATE_TOO_EARLY"),
        ({"received_date": "0001-01-01"}, "/received_date", "DAY_OUT_OF_RANGE"),
        ({"account_id": "01990000-0000-7000-8000-00000000000x"}, "/account_id", "ID_INVALID"),
        (
            {"account_id": "01990000-0000-7000-8000-000000000001"},
            "/account_id",
            "ACCOUNT_UNKNOWN",
        ),
        ({"status": "ALLOCATED"}, "/status", "UNKNOWN_FIELD"),
    ],
)
async def test_invalid_payments_are_refused(
    client: AsyncClient, ledger: AccountLedger, wrong: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await post(client, "/payments", payment_body(ledger, **wrong))
    assert errors_of(answer) == {(pointer, code)}


@pytest.mark.parametrize(
    "content", [b'{"amount": NaN}', b'{"amount": 1e400}', b'{"bank_reference": "\\ud800"}', b"{"]
)
async def test_invalid_json_is_refused(client: AsyncClient, content: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = await client.post("/payments", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "JSON_INVALID")


async def test_an_account_without_orders_is_known_from_its_replica(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    account_id = new_id()
    body = payment_body(ledger, account_id=str(account_id))
    assert errors_of(await post(client, "/payments", body)) == {("/account_id", "ACCOUNT_UNKNOWN")}
    await tx.execute(insert(accounts).values(id=account_id, epoch=1, sequence=1, name="新客户"))
    assert (await post(client, "/payments", body)).status_code == 201


async def test_payments_are_listed_newest_first_and_filtered(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    other = await add_payment(tx, cny("5.00"), account_id=ledger.account_id)
    path = f"/payments/{other.id}/allocations"
    await post(client, path, {"strategy": "OLDEST_FIRST"})

    async def ids(**query: str) -> list[str]:
        answer = await client.get("/payments", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await ids() == [str(other.id), str(ledger.payment.id)]
    assert await ids(status="UNALLOCATED") == [str(ledger.payment.id)]
    assert await ids(status="ALLOCATED", account_id=str(ledger.account_id)) == [str(other.id)]
    assert await ids(account_id=str(new_id())) == []
    assert await ids(q=other.bank_reference) == [str(other.id)]
    assert errors_of(await client.get("/payments?order_id=1")) == {("?order_id", "UNKNOWN_FIELD")}


async def test_unknown_foreign_or_forbidden_payments_are_refused(
    client: AsyncClient, ledger: AccountLedger, token: Callable[..., str]
) -> None:
    def bearer(**claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {token(**claims)}", "Idempotency-Key": "f"}

    path = f"/payments/{ledger.payment.id}"
    body = {"strategy": "OLDEST_FIRST"}
    missing = await post(client, f"/payments/{new_id()}/allocations", body)
    assert (missing.status_code, missing.json()["code"]) == (404, "PAYMENT_NOT_FOUND")
    foreign = bearer(tenant=str(new_id()))
    assert (await client.get(path, headers=foreign)).status_code == 404
    refused = await client.post(f"{path}/allocations", json=body, headers=foreign)
    assert refused.status_code == 404
    reader = bearer(scope="rms.payment.read rms.payment.all")
    assert (await client.get(path, headers=reader)).status_code == 200
    refused = await client.post(f"{path}/allocations", json=body, headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
