"""The hierarchy of accounts: no cycles, also under concurrent changes."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.errors import DomainError
from kernel.ids import new_id
from l2o.accounts.actions import edit_account
from l2o.accounts.domain import Account
from l2o.accounts.store import accounts
from services.l2o.tests.factories import NOON, add_account
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient


async def create_account(client: Client, name: str, parent_id: str | None = None) -> str:
    answer = await client.post(
        "/accounts", json={"name": name, "parent_id": parent_id, "confirmed": True}
    )
    assert answer.status_code == 201, answer.text
    account_id: str = answer.json()["id"]
    return account_id


async def move(client: Client, account_id: str, parent_id: str | None) -> tuple[int, str]:
    answer = await client.patch(f"/accounts/{account_id}", json={"parent_id": parent_id})
    return answer.status_code, answer.json().get("code", "")


async def subtree(client: Client, account_id: str) -> set[str]:
    answer = await client.get(f"/accounts/{account_id}/subtree")
    assert answer.status_code == 200, answer.text
    return {item["name"] for item in answer.json()["items"]}


async def test_accounts_form_a_tree_of_any_depth(client: Client) -> None:
    root = await create_account(client, "root")
    north, south = (
        await create_account(client, "north", root),
        await create_account(client, "south", root),
    )
    harbin = await create_account(client, "harbin", north)
    assert await subtree(client, root) == {"root", "north", "south", "harbin"}
    assert await subtree(client, north) == {"north", "harbin"}
    for below in (root, north, harbin):
        assert await move(client, root, below) == (409, "ACCOUNT_CYCLE")
    assert await move(client, harbin, south) == (200, "")
    assert await subtree(client, south) == {"south", "harbin"}
    assert await move(client, north, harbin) == (200, "")
    assert await move(client, south, north) == (409, "ACCOUNT_CYCLE")
    assert await move(client, harbin, None) == (200, "")
    assert await subtree(client, root) == {"root", "south"}
    page = (await client.get(f"/accounts/{harbin}/subtree", params={"limit": 1})).json()
    assert len(page["items"]) == 1
    assert page["next_cursor"]


async def test_a_parent_must_exist_in_the_tenant(client: Client, token: Any) -> None:
    answer = await client.post("/accounts", json={"name": "a", "parent_id": str(new_id())})
    [error] = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/parent_id", "PARENT_UNKNOWN")
    mine = await create_account(client, "mine")
    other_tenant = {"Authorization": f"Bearer {token(tenant=str(new_id()))}"}
    answer = await client.post(
        "/accounts", json={"name": "a", "parent_id": mine}, headers=other_tenant
    )
    assert answer.json()["errors"][0]["code"] == "PARENT_UNKNOWN"


async def test_only_accounts_without_children_can_be_deleted(
    client: Client, published: PublishedFacts
) -> None:
    root = await create_account(client, "root")
    child = await create_account(client, "child", root)
    answer = await client.delete(f"/accounts/{root}")
    assert (answer.status_code, answer.json()["code"]) == (409, "ACCOUNT_HAS_CHILDREN")
    for account_id in (child, child, root):
        assert (await client.delete(f"/accounts/{account_id}")).status_code == 204
    assert (await client.get(f"/accounts/{child}")).status_code == 404
    assert (await client.get("/accounts")).json()["items"] == []
    assert await move(client, child, None) == (404, "ACCOUNT_NOT_FOUND")
    answer = await client.post(f"/accounts/{child}/restore")
    assert answer.json()["errors"][0]["code"] == "PARENT_UNKNOWN"
    for account_id in (root, root, child):
        assert (await client.post(f"/accounts/{account_id}/restore")).status_code == 200
    assert await subtree(client, root) == {"root", "child"}
    events = [(event.type.split(".")[2], event.sequence) for event in await published()]
    assert events == [
        ("created", 1), ("created", 1), ("deleted", 2), ("deleted", 2), ("restored", 3),
        ("restored", 3),
    ]  # fmt: skip


async def test_concurrent_moves_form_no_cycle(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        ids = [await create_account(committed_client, name) for name in "abcd"]
        # a below b, b below c, c below d, d below a: at most three of these can succeed.
        moves = [move(committed_client, ids[n], ids[(n + 1) % 4]) for n in range(4)]
        answers = await asyncio.gather(*moves)
        assert sorted(answers) == [(200, "")] * 3 + [(409, "ACCOUNT_CYCLE")]
    async with committed.app.begin(tenant) as tx:
        await assert_no_cycle(tx)


async def test_a_parent_is_deleted_or_gets_a_child_but_not_both(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        parent, child = (
            await create_account(committed_client, "p"),
            await create_account(committed_client, "c"),
        )
        deleted, moved = await asyncio.gather(
            committed_client.delete(f"/accounts/{parent}"),
            committed_client.patch(f"/accounts/{child}", json={"parent_id": parent}),
        )
        assert (deleted.status_code, moved.status_code) in {(204, 422), (409, 200)}


async def assert_no_cycle(tx: AsyncConnection) -> None:
    rows = await tx.execute(select(accounts.c.id, accounts.c.parent_id))
    parents = {row.id: row.parent_id for row in rows}
    for start in parents:
        visited, at = set(), parents[start]
        while at is not None:
            assert at not in visited
            assert at != start
            visited.add(at)
            at = parents[at]


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=15))
async def test_no_sequence_of_moves_forms_a_cycle(
    tx: AsyncConnection, moves: list[tuple[int, int]]
) -> None:
    async with tx.begin_nested() as savepoint:
        nodes = [await add_account(tx, name=f"n{n}") for n in range(6)]
        refusals: set[str] = set()
        for child, parent in moves:
            move_below = set_parent(nodes[parent].id)
            try:
                async with tx.begin_nested():
                    await edit_account(Command(tx, NOON), nodes[child].id, move_below)
            except DomainError as refused:
                refusals.add(refused.code)
        assert refusals <= {"ACCOUNT_CYCLE"}
        await assert_no_cycle(tx)
        await savepoint.rollback()


def set_parent(parent_id: UUID) -> Any:
    def edit(account: Account) -> Account:
        return Account(**{**vars(account), "parent_id": parent_id})

    return edit


PATCHES: list[tuple[dict[str, Any], str, str]] = [
    ({"name": None}, "/name", "REQUIRED"),
    ({"name": "  "}, "/name", "TOO_SHORT"),
    ({"country": "China"}, "/country", "COUNTRY_UNKNOWN"),
    ({"founded_year": 3}, "/founded_year", "TOO_SMALL"),
    ({"employees": -1}, "/employees", "TOO_SMALL"),
    ({"employees": "many"}, "/employees", "TYPE_INVALID"),
    ({"employees": "12"}, "/employees", "TYPE_INVALID"),
    ({"annual_revenue": {"amount": 1, "currency": "CNY"}}, "/annual_revenue/amount", ""),
    ({"parent_id": "x"}, "/parent_id", "ID_INVALID"),
    ({"owner_id": "me"}, "/owner_id", "UNKNOWN_FIELD"),
]


@pytest.mark.parametrize(("patch", "pointer", "code"), PATCHES)
async def test_invalid_patches_are_refused(
    client: Client, patch: dict[str, Any], pointer: str, code: str
) -> None:
    account_id = await create_account(client, "a")
    answer = await client.patch(f"/accounts/{account_id}", json=patch)
    assert answer.status_code == 422, answer.text
    errors = {e["pointer"]: e["code"] for e in answer.json()["errors"]}
    assert errors[pointer] == code if code else pointer in errors


async def test_a_patch_changes_only_the_named_fields(
    client: Client, published: PublishedFacts
) -> None:
    account_id = await create_account(client, "Acme")
    patch = {
        "industry": "technology",
        "country": "US",
        "founded_year": 1996,
        "employees": 2822,
        "annual_revenue": {"amount": "1100040000.00", "currency": "USD"},
        "phone": "+86 21-6437 2345",
    }
    answer = await client.patch(f"/accounts/{account_id}", json=patch, headers={"If-Match": '"1"'})
    changed = answer.json()
    assert {name: changed[name] for name in patch} == {**patch, "phone": "+862164372345"}
    assert (changed["name"], changed["version"]) == ("Acme", 2)
    again = await client.patch(f"/accounts/{account_id}", json=patch)
    assert again.json() == changed
    cleared = await client.patch(f"/accounts/{account_id}", json={"annual_revenue": None})
    assert (cleared.json()["annual_revenue"], cleared.json()["version"]) == (None, 3)
    stale = await client.patch(
        f"/accounts/{account_id}", json={"name": "X"}, headers={"If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    events = await published()
    assert [event.type for event in events[1:]] == ["l2o.account.changed.v1"] * 2
    assert events[1].payload["account"]["annual_revenue"]["amount"] == "1100040000.00"
