"""Contacts with their accounts inside: two deep, in one query a step, and only what is visible."""

from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from testkit.directory import Company, sign_in
from testkit.plugin import Client

SELLER = "l2o.account.read l2o.account.write l2o.contact.read l2o.contact.write"


@pytest.fixture
async def contact(client: Client, tx: AsyncConnection, tenant: UUID) -> dict[str, str]:
    """A contact of li at a subsidiary, whose parent belongs to zheng."""
    await Company(tx).build()
    boss = sign_in(tenant, "zheng", scope="*")
    parent = await client.post("/accounts", json={"name": "集团"}, headers=boss)
    client.headers.update(sign_in(tenant, "li", scope="*"))
    body = {"name": "子公司", "parent_id": parent.json()["id"]}
    account = await client.post("/accounts", json=body)
    person = {"account_id": account.json()["id"], "name": "王伟"}
    created: dict[str, str] = (await client.post("/contacts", json=person)).json()
    return created


async def test_a_step_is_expanded_in_the_record_before_it(
    client: Client, contact: dict[str, str]
) -> None:
    path = f"/contacts/{contact['id']}?expand=account.parent,account.owner,owner"
    shown = (await client.get(path)).json()
    assert (shown["account_name"], shown["owner_name"]) == ("子公司", "li")
    assert (shown["account"]["name"], shown["account"]["parent"]["name"]) == ("子公司", "集团")
    assert shown["account"]["parent"]["owner_name"] == "zheng"
    assert shown["account"]["owner"]["name"] == shown["owner"]["name"] == "li"


async def test_what_the_caller_does_not_see_stays_out(
    client: Client, contact: dict[str, str], tenant: UUID
) -> None:
    path = f"/contacts/{contact['id']}?expand=account.parent"
    li = sign_in(tenant, "li", scope=SELLER)
    account = (await client.get(path, headers=li)).json()["account"]
    assert (account["name"], account["parent_name"]) == ("子公司", "集团")
    assert "parent" not in account
    unscoped = sign_in(tenant, "li", scope="l2o.contact.read")
    assert "account" not in (await client.get(path, headers=unscoped)).json()


async def test_three_steps_are_too_deep(client: Client, contact: dict[str, str]) -> None:
    answer = await client.get(f"/contacts/{contact['id']}?expand=account.parent.parent")
    assert answer.status_code == 422
    assert [each["code"] for each in answer.json()["errors"]] == ["VALUE_UNKNOWN"]


async def test_a_page_needs_as_many_queries_for_many_records_as_for_one(
    client: Client, contact: dict[str, str], tx: AsyncConnection
) -> None:
    statements: list[str] = []
    event.listen(
        tx.sync_connection,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: statements.append(statement),
    )
    counts = []
    for _ in range(2):
        statements.clear()
        page = await client.get("/contacts?expand=account.parent,owner")
        counts.append((len(page.json()["items"]), len(statements)))
        for name in ("张三", "李四", "王五"):
            body = {"account_id": contact["account_id"], "name": name}
            await client.post("/contacts", json=body)
    assert [items for items, _ in counts] == [1, 4]
    assert counts[0][1] == counts[1][1]
