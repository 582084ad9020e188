"""Reversing and refunding payments over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import NOON, AccountLedger, add_ledger, errors_of, post
from services.rms.tests.payments.test_races import (
    assert_allocations_add_up,
    assert_contiguous_versions,
)
from testkit.plugin import PublishedFacts


@pytest.fixture
async def ledger(tx: AsyncConnection, at: At) -> AccountLedger:
    """Of 250.00 the earliest due receivable gets 200.00 and the next 50.00."""
    at(NOON)
    return await add_ledger(tx)


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def allocate(client: AsyncClient, ledger: AccountLedger) -> list[dict[str, Any]]:
    path = f"/payments/{ledger.payment.id}/allocations"
    answer = await post(client, path, {"strategy": "OLDEST_FIRST"})
    assert answer.status_code == 201, answer.text
    allocations: list[dict[str, Any]] = answer.json()["allocations"]
    return allocations


async def receivable_statuses(client: AsyncClient, ledger: AccountLedger) -> list[str]:
    answers = [await client.get(f"/receivables/{one.id}") for one in ledger.receivables]
    return [one.json()["status"] for one in answers]


async def reconciliation(client: AsyncClient) -> dict[str, str]:
    (one,) = (await client.get("/reconciliation")).json()["items"]
    return {name: money["amount"] for name, money in one.items() if name != "currency"}


async def test_reversing_a_payment_reopens_its_receivables(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger, published: PublishedFacts
) -> None:
    allocations = await allocate(client, ledger)
    assert await receivable_statuses(client, ledger) == ["OPEN", "SETTLED", "PARTLY_SETTLED"]
    before = len(await published())
    path = f"/payments/{ledger.payment.id}/reverse"
    answer = await post(client, path, {"reason": "支票退票"})
    assert answer.status_code == 200, answer.text
    payment = answer.json()
    assert (payment["status"], payment["unallocated"]) == ("REVERSED", yuan("0.00"))
    assert (payment["returned"], payment["allocated"]) == (yuan("250.00"), yuan("0.00"))
    assert [one["amount"]["amount"] for one in payment["allocations"]] == [
        "200.00",
        "50.00",
        *(f"-{one}" for one in amounts_by_receivable(allocations)),
    ]
    assert [(one["kind"], one["returned_date"]) for one in payment["returns"]] == [
        ("REVERSAL", "2026-11-22")
    ]
    assert await receivable_statuses(client, ledger) == ["OPEN", "OPEN", "OPEN"]
    day = {"returned_date": "2026-11-22"}
    for same in ({"reason": "支票退票"}, {"reason": "支票退票", **day}):
        assert (await post(client, path, same)).json() == payment
    for other in ({"reason": "x"}, {"reason": "支票退票", "returned_date": "2026-11-21"}):
        refused = await post(client, path, other)
        assert (refused.status_code, refused.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    facts = (await published())[before:]
    assert [fact.type for fact in facts] == [
        "rms.payment.reversed.v1",
        "rms.receivable.reopened.v1",
        "rms.receivable.reopened.v1",
    ]
    assert len(facts[0].payload["allocations"]) == 2
    assert facts[0].payload["reversal"]["amount"] == yuan("250.00")
    await assert_allocations_add_up(tx)
    await assert_contiguous_versions(tx)
    sums = await reconciliation(client)
    assert {n: v for n, v in sums.items() if n not in ("owed", "open")} == {
        "confirmed": "0.00", "cancelled": "0.00", "shipped": "0.00", "unshipped": "0.00",
            "prepaid": "0.00", "deducted": "0.00",
        "settled": "0.00", "paid": "250.00", "returned": "250.00", "repaid": "250.00",
        "allocated": "0.00", "booked": "0.00", "unallocated": "0.00",
    }  # fmt: skip


def amounts_by_receivable(allocations: list[dict[str, Any]]) -> list[str]:
    return [
        one["amount"]["amount"] for one in sorted(allocations, key=lambda one: one["receivable_id"])
    ]


async def test_a_reversed_allocation_frees_its_amount_for_another(
    client: AsyncClient, tx: AsyncConnection, ledger: AccountLedger
) -> None:
    first, _ = await allocate(client, ledger)
    base = f"/payments/{ledger.payment.id}/allocations"
    reversed_ = await post(client, f"{base}/{first['id']}/reverse", {"reason": "核销错误"})
    assert reversed_.status_code == 200, reversed_.text
    assert reversed_.json()["payment"]["unallocated"] == yuan("200.00")
    (row,) = reversed_.json()["allocations"]
    assert (row["amount"], row["reverses_id"], row["reason"]) == (
        yuan("-200.00"),
        first["id"],
        "核销错误",
    )
    again = await post(client, f"{base}/{first['id']}/reverse", {"reason": "核销错误"})
    assert again.json() == reversed_.json()
    other = await post(client, f"{base}/{first['id']}/reverse", {"reason": "x"})
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    refused = await post(client, f"{base}/{row['id']}/reverse", {"reason": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "ALLOCATION_IS_REVERSAL")
    lines = [{"receivable_id": str(ledger.receivables[0].id), "amount": yuan("100.00")}]
    assert (await post(client, base, {"lines": lines})).status_code == 201
    assert await receivable_statuses(client, ledger) == ["SETTLED", "OPEN", "PARTLY_SETTLED"]
    # Reversing the payment reverses the two allocations that are still effective.
    reversed_payment = await post(
        client, f"/payments/{ledger.payment.id}/reverse", {"reason": "退票"}
    )
    amounts = sorted(one["amount"]["amount"] for one in reversed_payment.json()["allocations"])
    assert amounts == ["-100.00", "-200.00", "-50.00", "100.00", "200.00", "50.00"]
    await assert_allocations_add_up(tx)


async def refund(client: AsyncClient, payment_id: UUID, amount: str, **changes: Any) -> Response:
    body = {"amount": yuan(amount), "reason": "重复付款"} | changes
    return await post(client, f"/payments/{payment_id}/refunds", body)


async def test_an_unallocated_part_is_refunded(
    client: AsyncClient, ledger: AccountLedger, published: PublishedFacts
) -> None:
    payment_id = ledger.payment.id
    answer = await refund(client, payment_id, "40.00", bank_reference="ICBC-9")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["kind"], answer.json()["amount"]) == ("REFUND", yuan("40.00"))
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == ("rms.payment.refunded.v1", 2)
    assert fact.payload["payment"]["unallocated"] == yuan("210.00")
    twice = await refund(client, payment_id, "1.00", bank_reference=" icbc-9")
    assert (twice.status_code, twice.json()["code"]) == (409, "REFUND_DUPLICATE")
    assert sum(float(one["amount"]["amount"]) for one in await allocate(client, ledger)) == 210
    refused = await refund(client, payment_id, "0.01")
    assert (refused.status_code, refused.json()["code"]) == (409, "PAYMENT_FULLY_ALLOCATED")
    answers = await reconciliation(client)
    assert (answers["returned"], answers["repaid"], answers["unallocated"]) == (
        "40.00",
        "40.00",
        "0.00",
    )
    reversed_payment = await post(client, f"/payments/{payment_id}/reverse", {"reason": "退票"})
    assert (reversed_payment.status_code, reversed_payment.json()["code"]) == (
        409,
        "PAYMENT_REFUNDED",
    )


async def test_case_blanks_and_width_do_not_make_another_reference(
    client: AsyncClient, ledger: AccountLedger
) -> None:
    body = {
        "account_id": str(ledger.account_id),
        "bank_reference": "ICBC-2026 0817",
        "amount": yuan("1.00"),
        "received_date": "2026-11-20",
    }
    first = await post(client, "/payments", body)
    assert first.json()["bank_reference"] == "ICBC-2026 0817"
    for same in ("icbc-20260817", "ICBC-2026\u30000817", "ＩＣＢＣ-20260817"):
        again = await post(client, "/payments", body | {"bank_reference": same})
        assert (again.status_code, again.json()["code"]) == (409, "PAYMENT_DUPLICATE")
        assert again.json()["params"]["payment_id"] == first.json()["id"]


INVALID_RETURNS: list[tuple[str, dict[str, Any], str, str]] = [
    ("reverse", {}, "/reason", "REQUIRED"),
    ("reverse", {"reason": " "}, "/reason", "TOO_SHORT"),
    ("reverse", {"reason": "x" * 501}, "/reason", "TOO_LONG"),
    ("reverse", {"reason": "x", "returned_date": "2026-11-23"}, "/returned_date", "DATE_IN_FUTURE"),
    ("reverse", {"reason": "x", "returned_date": "2026-11-21"}, "/returned_date", "DATE_TOO_EARLY"),
    ("reverse", {"reason": "x", "amount": yuan("1")}, "/amount", "UNKNOWN_FIELD"),
    ("refunds", {"reason": "x"}, "/amount", "REQUIRED"),
    ("refunds", {"reason": "x", "amount": yuan("0")}, "/amount", "TOO_SMALL"),
    ("refunds", {"reason": "x", "amount": yuan("-1")}, "/amount", "TOO_SMALL"),
    ("refunds", {"reason": "x", "amount": yuan("250.01")}, "/amount", "AMOUNT_EXCEEDS_UNALLOCATED"),
    (
        "refunds",
        {"reason": "x", "amount": {"amount": "1", "currency": "USD"}},
        "/amount/currency",
        "CURRENCY_MISMATCH",
    ),
    (
        "refunds",
        {"reason": "x", "amount": yuan("1"), "bank_reference": ""},
        "/bank_reference",
        "TOO_SHORT",
    ),
]


@pytest.mark.parametrize(("move", "body", "pointer", "code"), INVALID_RETURNS)
async def test_invalid_returns_are_refused(
    client: AsyncClient,
    ledger: AccountLedger,
    move: str,
    body: dict[str, Any],
    pointer: str,
    code: str,
) -> None:
    answer = await post(client, f"/payments/{ledger.payment.id}/{move}", body)
    assert (pointer, code) in errors_of(answer)


async def test_an_unknown_stale_or_forbidden_return_is_refused(
    client: AsyncClient, ledger: AccountLedger, token: Callable[..., str]
) -> None:
    (first, _) = await allocate(client, ledger)
    path = f"/payments/{ledger.payment.id}"
    reversal_path = f"{path}/allocations/{first['id']}/reverse"
    for missing, code in (
        (f"/payments/{new_id()}/reverse", "PAYMENT_NOT_FOUND"),
        (f"{path}/allocations/{new_id()}/reverse", "ALLOCATION_NOT_FOUND"),
        (f"/payments/{new_id()}/allocations/{first['id']}/reverse", "PAYMENT_NOT_FOUND"),
    ):
        answer = await post(client, missing, {"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (404, code)
    assert (await client.get(path)).headers["etag"] == '"2"'
    for move in (reversal_path, f"{path}/reverse"):
        headers = {"Idempotency-Key": str(new_id()), "If-Match": '"1"'}
        stale = await client.post(move, json={"reason": "x"}, headers=headers)
        assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
        keyless = await client.post(move, json={"reason": "x"})
        assert (keyless.status_code, keyless.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")
        reader = {"Authorization": f"Bearer {token(scope='rms.payment.read')}"}
        refused = await client.post(
            move, json={"reason": "x"}, headers=reader | {"Idempotency-Key": "k"}
        )
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("refunds", {"amount": yuan("1.00"), "reason": "重复付款"}),
        ("allocations", {"strategy": "OLDEST_FIRST"}),
    ],
)
async def test_what_is_added_to_a_stale_copy_is_refused_where_the_caller_says_so(
    client: AsyncClient, ledger: AccountLedger, part: str, body: dict[str, Any]
) -> None:
    path = f"/payments/{ledger.payment.id}/{part}"
    headers = {"Idempotency-Key": f"stale-{part}"}
    stale = await client.post(path, json=body, headers={**headers, "If-Match": '"99"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    fresh = await client.post(path, json=body, headers={**headers, "If-Match": '"1"'})
    assert fresh.status_code == 201, fresh.text
