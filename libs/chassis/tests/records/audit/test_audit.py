"""Tests of audit entries: every write makes one, with actor, reason and changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.database.write_cause import attribute_writes, set_audit_reason
from chassis.foundation import clock
from chassis.foundation.context import Context, use_context
from chassis.records.audit.tables import audit_entries
from chassis.records.record_commands import edit_record
from chassis.web.commands import Command
from kernel.ids import new_id
from kernel.money import Money
from testkit.cards.store import CARD, Card
from testkit.database import cards
from testkit.plugin import Client, Committed

PERSON = "01990000-0000-7000-8000-000000000001"  # of the tests' tokens

WHO = Context(actor="li.na", request_id="r-1", causation_id="e-1", job_id=None)


def new_card(**fields: Any) -> Card:
    now = clock.now()
    return Card(id=new_id(), title="One", created_at=now, updated_at=now, **fields)


async def entries_of(tx: AsyncConnection, card_id: UUID) -> list[Any]:
    mine = (
        select(audit_entries)
        .where(audit_entries.c.record_id == card_id)
        .order_by(audit_entries.c.id)
    )
    return list((await tx.execute(mine)).all())


async def test_the_api_lists_all_changes_of_a_record(client: Client) -> None:
    body = {"title": "One", "amount": {"amount": "12.50", "currency": "CNY"}}
    answer = await client.post("/cards", json=body, headers={"X-Request-Id": "first"})
    address = f"/cards/{answer.json()['id']}"
    await client.patch(address, json={"title": "Two", "amount": {"amount": "13.00"}})
    await client.patch(address, json={"title": "Two"})  # changes nothing
    await client.delete(address)

    entries = (await client.get(f"{address}/audit")).json()["items"]
    assert [entry["verb"] for entry in entries] == ["UPDATE", "UPDATE", "INSERT"]
    deleted, changed, created = entries
    assert [change["field"] for change in deleted["changes"]] == ["deleted_at"]
    assert changed["changes"] == [
        {
            "field": "amount",
            "from": {"amount": "12.50", "currency": "CNY"},
            "to": {"amount": "13.00", "currency": "CNY"},
        },
        {"field": "title", "from": "One", "to": "Two"},
    ]
    assert created["request_id"] == "first"
    assert (created["actor"], created["origin"]) == (PERSON, None)
    first = {change["field"]: (change["from"], change["to"]) for change in created["changes"]}
    assert first["title"] == (None, "One")
    assert first["amount"] == (None, {"amount": "12.50", "currency": "CNY"})
    assert not {"tenant_id", "version", "updated_at", "board_id", "amount_currency"} & set(first)


async def test_entries_are_paged(client: Client) -> None:
    address = f"/cards/{(await client.post('/cards', json={'title': '0'})).json()['id']}"
    for n in range(1, 5):
        await client.patch(address, json={"title": str(n)})
    first = (await client.get(f"{address}/audit?limit=3")).json()
    second = (await client.get(f"{address}/audit?limit=3&cursor={first['next_cursor']}")).json()
    titles = [
        change["to"]
        for page in (first, second)
        for entry in page["items"]
        for change in entry["changes"]
        if change["field"] == "title"
    ]
    assert titles == ["4", "3", "2", "1", "0"]
    assert second["next_cursor"] is None


async def test_reading_entries_requires_access_to_the_record(
    client: Client, token: Callable[..., str]
) -> None:
    address = f"/cards/{(await client.post('/cards', json={'title': '0'})).json()['id']}"
    stranger = token(sub="stranger", scope="testkit.card.read")
    headers = {"Authorization": f"Bearer {stranger}"}
    assert (await client.get(f"{address}/audit", headers=headers)).status_code == 404
    writer = {"Authorization": f"Bearer {token(scope='testkit.card.write')}"}
    assert (await client.get(f"{address}/audit", headers=writer)).status_code == 403


async def test_an_entry_has_actor_reason_and_origin(tx: AsyncConnection) -> None:
    card = new_card(custom_fields={"size": "L"})
    with use_context(WHO):
        await attribute_writes(tx)
        await CARD.add(tx, card)
        await set_audit_reason(tx, "he's ill; 生病")
        command = Command(tx, clock.now())
        await edit_record(command, CARD, card.id, lambda c: replace(c, title="2"))
    with use_context(Context(actor="system:job", job_id="j-1")):
        await attribute_writes(tx)
        await tx.execute(delete(cards).where(cards.c.id == card.id))
    created, changed, deleted = await entries_of(tx, card.id)
    assert (created.actor, created.request_id, created.origin) == ("li.na", "r-1", "event:e-1")
    assert (created.reason, changed.reason, deleted.reason) == (None, "he's ill; 生病", None)
    assert created.trace_id == WHO.trace_id
    assert (deleted.verb, deleted.actor, deleted.origin) == ("DELETE", "system:job", "job:j-1")
    assert deleted.changes["from"]["title"] == "2"


async def test_a_write_of_version_and_times_alone_makes_no_entry(tx: AsyncConnection) -> None:
    card = new_card()
    await CARD.add(tx, card)
    later = {"version": 5, "updated_at": clock.now() + timedelta(days=1), "title": "One"}
    await tx.execute(update(cards).where(cards.c.id == card.id).values(later))
    assert len(await entries_of(tx, card.id)) == 1


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("1.5", "1.6", ("1.50", "1.60")),
        ("1.50", "1.5", None),
        ("9999999999999999.999999", "0.000001", ("9999999999999999.999999", "0.000001")),
        ("100", "-100", ("100.00", "-100.00")),
    ],
)
async def test_amounts_are_exact(
    client: Client, tx: AsyncConnection, before: str, after: str, expected: tuple[str, str] | None
) -> None:
    card = new_card(amount=Money.of(before, "CNY"))
    await CARD.add(tx, card)
    values = {"amount": Money.of(after, "CNY").amount}
    await tx.execute(update(cards).where(cards.c.id == card.id).values(values))
    later = (await client.get(f"/cards/{card.id}/audit")).json()["items"][:-1]
    changes = [change for entry in later for change in entry["changes"]]
    amounts = [(change["from"]["amount"], change["to"]["amount"]) for change in changes]
    assert amounts == ([expected] if expected else [])


async def test_a_change_of_currency_is_a_change_of_the_amount(
    client: Client, tx: AsyncConnection
) -> None:
    card = new_card(amount=Money.of("5", "CNY"))
    await CARD.add(tx, card)
    await tx.execute(update(cards).where(cards.c.id == card.id).values(amount_currency="USD"))
    assert (await client.get(f"/cards/{card.id}/audit")).json()["items"][0]["changes"] == [
        {
            "field": "amount",
            "from": {"amount": "5.00", "currency": "CNY"},
            "to": {"amount": "5.00", "currency": "USD"},
        }
    ]


async def test_a_custom_field_is_named_by_its_key(client: Client, tx: AsyncConnection) -> None:
    card = new_card(custom_fields={"size": "L", "colour": "red"})
    await CARD.add(tx, card)
    values = {"custom_fields": {"size": "M", "colour": "red", "weight": "3"}}
    await tx.execute(update(cards).where(cards.c.id == card.id).values(values))
    changes = (await client.get(f"/cards/{card.id}/audit")).json()["items"][0]["changes"]
    assert changes == [
        {"field": "custom_fields.size", "from": "L", "to": "M"},
        {"field": "custom_fields.weight", "from": None, "to": "3"},
    ]


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize("act", ["insert", "update", "delete"])
async def test_roles_cannot_write_entries_directly(
    committed: Committed, tenant: UUID, role: str, act: str
) -> None:
    """Only `rewrite_row` changes entries, to erase personal data."""
    database: Database = getattr(committed, role)
    statement: Any = {
        "insert": insert(audit_entries).values(
            resource="testkit.card", record_id=new_id(), verb="UPDATE", changes=[]
        ),
        "update": update(audit_entries).values(verb="DELETE"),
        "delete": delete(audit_entries),
    }[act]
    with pytest.raises(DBAPIError, match="permission denied"):
        async with database.begin(tenant) as tx:
            await tx.execute(statement)


@pytest.mark.parametrize("role", ["app", "worker"])
async def test_roles_cannot_use_the_trigger_on_other_tables(
    committed: Committed, tenant: UUID, role: str
) -> None:
    """With the trigger on a table of its own, a role could write any entry."""
    database: Database = getattr(committed, role)
    async with database.begin(tenant) as tx:
        is_allowed = await tx.scalar(
            text("SELECT has_function_privilege('audit_row()', 'EXECUTE')")
        )
    assert is_allowed is False


async def test_a_transaction_sets_the_cause_and_leaves_none_behind(
    committed: Committed, tenant: UUID
) -> None:
    cause = text("SELECT current_setting('app.cause', true)")
    hostile = Context(actor="x'); DROP TABLE cards; --\\", request_id="'")
    with use_context(hostile):
        async with committed.app.begin(tenant) as tx:
            card = new_card()
            await CARD.add(tx, card)
            assert (await entries_of(tx, card.id))[0].actor == hostile.actor
    async with committed.app.begin(None) as tx:
        assert (await tx.execute(cause)).scalar_one() in (None, "")


async def test_writes_of_a_request_are_attributed_to_its_caller(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    answer = await committed_client.post("/cards", json={"title": "One"})
    async with committed.app.begin(tenant) as tx:
        card = await CARD.get(tx, UUID(answer.json()["id"]))
        (entry,) = await entries_of(tx, card.id)
    assert (entry.actor, entry.request_id) == (card.owner_id, answer.headers["x-request-id"])
