"""The reconciliation of a tenant, with amounts calculated by hand."""

from collections.abc import Callable

from httpx import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.money import Money
from rms.orders.store.tables import order_lines
from rms.payments.store.tables import payments
from rms.receivables.store import receivables
from services.rms.tests.factories import (
    add_account,
    add_ledger,
    add_order,
    add_payment,
    add_receivable,
    add_settings,
    cny,
    make_line,
    make_quote,
    post,
)
from testkit.multiplying import multiply_row


async def test_the_sums_are_per_currency(client: AsyncClient, tx: AsyncConnection) -> None:
    """JPY: an unconfirmed order of 1000, one of 300 of which a third is shipped, and 150 paid.

    CNY: receivables without orders, and an order that is not confirmed.
    """
    ledger = await add_ledger(tx)
    yen = [make_line(1, "3", "270", "30", "JPY")]
    quote = make_quote(yen, currency="JPY", account_id=ledger.account_id)
    order_id = await add_order(tx, quote, confirmed=True)
    await add_order(tx, make_quote([make_line(1, "1", "1000", "0", "JPY")], currency="JPY"))
    order = (await client.get(f"/orders/{order_id}")).json()
    body = {"lines": [{"line_id": order["lines"][0]["id"], "quantity": "1"}]}
    assert (await post(client, f"/orders/{order_id}/shipments", body)).status_code == 201
    payment = await add_payment(tx, Money.of("150", "JPY"), account_id=ledger.account_id)
    path = f"/payments/{payment.id}/allocations"
    assert (await post(client, path, {"strategy": "OLDEST_FIRST"})).status_code == 201

    answer = await client.get("/reconciliation")
    assert answer.status_code == 200, answer.text
    sums = {one.pop("currency"): one for one in answer.json()["items"]}
    assert {name: money["amount"] for name, money in sums["JPY"].items()} == {
        "confirmed": "300",
        "cancelled": "0",
        "shipped": "100",
        "prepaid": "0",
        "deducted": "0",
        "unshipped": "200",
        "owed": "100",
        "settled": "100",
        "open": "0",
        "paid": "150",
        "returned": "0",
        "repaid": "0",
        "allocated": "100",
        "booked": "100",
        "unallocated": "50",
    }
    assert {name: money["amount"] for name, money in sums["CNY"].items()} == {
        "confirmed": "0.00",
        "cancelled": "0.00",
        "shipped": "0.00",
        "prepaid": "0.00",
        "deducted": "0.00",
        "unshipped": "0.00",
        "owed": "600.00",
        "settled": "0.00",
        "open": "600.00",
        "paid": "250.00",
        "returned": "0.00",
        "repaid": "0.00",
        "allocated": "0.00",
        "booked": "0.00",
        "unallocated": "250.00",
    }


async def test_each_side_of_an_equation_comes_from_its_own_table(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """A wrong value in one table leaves the sums of the others alone, so the difference shows."""
    ledger = await add_ledger(tx)
    quote = make_quote(account_id=ledger.account_id)
    await add_order(tx, quote, confirmed=True)
    path = f"/payments/{ledger.payment.id}/allocations"
    assert (await post(client, path, {"strategy": "OLDEST_FIRST"})).status_code == 201
    await tx.execute(update(payments).values(allocated=payments.c.allocated - 1))
    await tx.execute(update(order_lines).values(shipped_amount=order_lines.c.gross_amount))
    (sums,) = (await client.get("/reconciliation")).json()["items"]
    amounts = {n: sums[n]["amount"] for n in ("allocated", "booked", "settled", "unshipped")}
    assert amounts == {
        "allocated": "249.00",
        "booked": "250.00",
        "settled": "250.00",
        "unshipped": "0.00",
    }
    assert (sums["confirmed"]["amount"], sums["shipped"]["amount"]) == ("1230.01", "0.00")


async def test_a_tenant_without_documents_has_no_rows(client: AsyncClient) -> None:
    assert (await client.get("/reconciliation")).json() == {"items": []}


async def test_every_read_scope_is_required(client: AsyncClient, token: Callable[..., str]) -> None:
    scopes = ["rms.order.read", "rms.receivable.read", "rms.payment.read"]
    for missing in scopes:
        granted = " ".join(scope for scope in scopes if scope != missing)
        header = {"Authorization": f"Bearer {token(scope=granted)}"}
        answer = await client.get("/reconciliation", headers=header)
        assert (answer.status_code, answer.json()["params"]) == (403, {"scopes": [missing]})


async def test_the_largest_amounts_of_ten_thousand_records_are_summed(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await add_settings(tx)
    account_id = await add_account(tx)
    largest = cny("999999999999999.99")
    await add_receivable(tx, largest, account_id=account_id)
    await add_payment(tx, largest, account_id=account_id)
    number = "document_no || n"
    await multiply_row(tx, receivables, 10_000, document_no=number, shipment_id="gen_random_uuid()")
    await multiply_row(
        tx, payments, 10_000, document_no=number, bank_reference_key="bank_reference_key || n"
    )
    total = {"amount": "9999999999999999900.00", "currency": "CNY"}
    reconciliation = await client.get("/reconciliation")
    assert reconciliation.status_code == 200, reconciliation.text
    [row] = reconciliation.json()["items"]
    assert (row["owed"], row["open"], row["paid"], row["unallocated"]) == (total,) * 4
    balance = await client.get(f"/accounts/{account_id}/balance")
    assert balance.status_code == 200, balance.text
    [row] = balance.json()["items"]
    assert (row["owed"], row["open"], row["paid"], row["unallocated"]) == (total,) * 4
