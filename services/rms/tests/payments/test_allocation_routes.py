"""Allocating payments over HTTP: requested receivables, or the earliest due first."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from kernel.money import Money
from services.rms.tests.factories import (
    AccountLedger,
    add_payment,
    add_receivable,
    cny,
    errors_of,
    post,
)
from testkit.plugin import PublishedFacts


def line(receivable_id: object, amount: str, currency: str = "CNY") -> dict[str, Any]:
    return {
        "receivable_id": str(receivable_id),
        "amount": {"amount": amount, "currency": currency},
    }


async def test_the_earliest_due_receivable_is_settled_first(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    """250.00 for 200.00 due on the 10th, 300.00 on the 20th and 100.00 on the 30th."""
    path = f"/payments/{ledger.payment.id}"
    before = len(await published())
    answer = await post(client, f"{path}/allocations", {"strategy": "OLDEST_FIRST"})
    assert answer.status_code == 201, answer.text
    result = answer.json()
    late, early, middle = (str(one.id) for one in ledger.receivables)
    assert [(one["receivable_id"], one["amount"]["amount"]) for one in result["allocations"]] == [
        (early, "200.00"),
        (middle, "50.00"),
    ]
    assert (result["payment"]["status"], result["payment"]["version"]) == ("ALLOCATED", 2)
    assert result["payment"]["unallocated"]["amount"] == "0.00"
    assert (await client.get(path)).json()["allocations"] == result["allocations"]
    for receivable_id, status, still_open in (
        (early, "SETTLED", "0.00"),
        (middle, "PARTLY_SETTLED", "250.00"),
        (late, "OPEN", "100.00"),
    ):
        receivable = (await client.get(f"/receivables/{receivable_id}")).json()
        assert (receivable["status"], receivable["open"]["amount"]) == (status, still_open)

    facts = (await published())[before:]
    assert [(fact.type, fact.sequence) for fact in facts] == [
        ("rms.payment.allocated.v1", 2),
        ("rms.receivable.allocated.v1", 2),
        ("rms.receivable.allocated.v1", 2),
    ]
    numbers = [one["receivable_no"] for one in facts[0].payload["allocations"]]
    assert numbers == ["AR-2026-000002", "AR-2026-000003"]
    assert facts[1].payload["receivable"]["account_name"] == "星辰科技"
    assert facts[1].payload["receivable"]["status"] == "SETTLED"
    assert facts[1].payload["allocated_now"]["amount"] == "200.00"

    again = await post(client, f"{path}/allocations", {"strategy": "OLDEST_FIRST"})
    assert (again.status_code, again.json()["code"]) == (409, "PAYMENT_FULLY_ALLOCATED")


async def test_only_receivables_of_the_account_and_currency_are_settled(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    dollars = await add_payment(tx, Money.of("10.00", "USD"), account_id=ledger.account_id)
    await add_receivable(tx, Money.of("10.00", "USD"), account_id=new_id())
    path = f"/payments/{dollars.id}/allocations"
    answer = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert (answer.status_code, answer.json()["code"]) == (409, "NOTHING_OPEN")
    assert answer.json()["detail"] == "The account owes nothing in USD."


async def test_requested_receivables_are_settled_in_two_steps(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    late, early, _ = (one.id for one in ledger.receivables)
    path = f"/payments/{ledger.payment.id}/allocations"
    first = await post(client, path, {"lines": [line(late, "40.00"), line(early, "60.00")]})
    assert first.status_code == 201, first.text
    assert first.json()["payment"]["status"] == "PARTLY_ALLOCATED"
    second = await post(client, path, {"lines": [line(late, "60.00")]})
    assert second.json()["payment"]["unallocated"]["amount"] == "90.00"
    assert (await client.get(f"/receivables/{late}")).json()["status"] == "SETTLED"
    sequences = {
        (fact.payload["receivable"]["receivable_id"], fact.sequence)
        for fact in await published()
        if fact.type == "rms.receivable.allocated.v1"
    }
    assert sequences == {(str(late), 2), (str(early), 2), (str(late), 3)}


async def test_oldest_first_stops_at_the_given_amount(
    client: AsyncClient, ledger: AccountLedger
) -> None:
    path = f"/payments/{ledger.payment.id}/allocations"
    limit = {"amount": "30.00", "currency": "CNY"}
    answer = await post(client, path, {"strategy": "OLDEST_FIRST", "amount": limit})
    assert answer.json()["payment"]["allocated"]["amount"] == "30.00"
    for amount, pointer, code in (
        ({"amount": "220.01", "currency": "CNY"}, "/amount", "AMOUNT_EXCEEDS_UNALLOCATED"),
        ({"amount": "1.00", "currency": "USD"}, "/amount/currency", "CURRENCY_MISMATCH"),
    ):
        refused = await post(client, path, {"strategy": "OLDEST_FIRST", "amount": amount})
        assert errors_of(refused) == {(pointer, code)}


async def test_all_violations_are_reported_and_nothing_is_written(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger, published: PublishedFacts
) -> None:
    late, early, _ = (one.id for one in ledger.receivables)
    foreign = await add_receivable(tx, cny("10.00"), account_id=new_id())
    dollars = await add_receivable(tx, Money.of("9.00", "USD"), account_id=ledger.account_id)
    before = len(await published())
    lines = [
        line(late, "100.01"),
        line(early, "190.00"),
        line(foreign.id, "10.00"),
        line(dollars.id, "9.00", "USD"),
        line(new_id(), "1.00"),
        line(early, "1.00"),
    ]
    path = f"/payments/{ledger.payment.id}/allocations"
    answer = await post(client, path, {"lines": lines})
    assert errors_of(answer) == {
        ("/lines/0/amount", "AMOUNT_EXCEEDS_OPEN"),
        ("/lines/2/receivable_id", "ACCOUNT_MISMATCH"),
        ("/lines/3/amount/currency", "CURRENCY_MISMATCH"),
        ("/lines/3/receivable_id", "CURRENCY_MISMATCH"),
        ("/lines/4/receivable_id", "RECEIVABLE_UNKNOWN"),
        ("/lines/5/receivable_id", "RECEIVABLE_REPEATED"),
        ("/lines", "AMOUNT_EXCEEDS_UNALLOCATED"),
    }
    chinese = await client.post(
        path,
        json={"lines": lines[:1]},
        headers={"Idempotency-Key": "zh", "Accept-Language": "zh-CN"},
    )
    (error,) = chinese.json()["errors"]
    assert error["message"] == "超出应收款未结清金额，至多 100.00 CNY。"
    assert len(await published()) == before
    assert (await client.get(f"/receivables/{early}")).json()["status"] == "OPEN"


LINE = line("01990000-0000-7000-8000-000000000001", "1.00")
YUAN = {"amount": "1.00", "currency": "CNY"}


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "", "LINES_OR_STRATEGY"),
        ({"lines": [LINE], "strategy": "OLDEST_FIRST"}, "", "LINES_OR_STRATEGY"),
        ({"lines": [LINE], "amount": YUAN}, "", "LINES_OR_STRATEGY"),
        ({"amount": YUAN}, "", "LINES_OR_STRATEGY"),
        ({"strategy": "NEWEST_FIRST"}, "/strategy", "VALUE_UNKNOWN"),
        ({"strategy": "OLDEST_FIRST", "amount": YUAN | {"amount": "0"}}, "/amount", "TOO_SMALL"),
        ({"lines": [LINE | {"amount": YUAN | {"amount": "-1"}}]}, "/lines/0/amount", "TOO_SMALL"),
        (
            {"lines": [LINE | {"amount": YUAN | {"amount": "1.234"}}]},
            "/lines/0/amount",
            "AMOUNT_TOO_PRECISE",
        ),
        (
            {"lines": [LINE | {"amount": YUAN | {"amount": "1e5"}}]},
            "/lines/0/amount/amount",
            "DECIMAL_STRING_INVALID",
        ),
        ({"lines": [LINE | {"note": "x"}]}, "/lines/0/note", "UNKNOWN_FIELD"),
        ({"lines": [{"amount": YUAN}]}, "/lines/0/receivable_id", "REQUIRED"),
        ({"lines": [LINE]}, "/lines/0/receivable_id", "RECEIVABLE_UNKNOWN"),
    ],
)
async def test_invalid_allocations_are_refused(
    client: AsyncClient, ledger: AccountLedger, body: Any, pointer: str, code: str
) -> None:
    answer = await post(client, f"/payments/{ledger.payment.id}/allocations", body)
    assert errors_of(answer) == {(pointer, code)}


async def test_a_repeated_idempotency_key_allocates_once(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    path = f"/payments/{ledger.payment.id}/allocations"
    body = {"lines": [line(ledger.receivables[0].id, "10.00")]}
    bare = await client.post(path, json=body)
    assert (bare.status_code, bare.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
    first, again = [await post(client, path, body, key="a1") for _ in range(2)]
    assert (again.status_code, again.json()) == (201, first.json())
    facts = [fact for fact in await published() if fact.type == "rms.payment.allocated.v1"]
    assert len(facts) == 1
