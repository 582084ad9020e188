"""Contacts and opportunities of a deleted account are read and can be deleted, nothing else."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.opportunities.domain import Stage
from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from services.l2o.tests.importing import add_person, finish_import

DELETED = (409, "ACCOUNT_DELETED")
Parts = dict[str, str]


@pytest.fixture
async def person(tx: AsyncConnection) -> str:
    return await add_person(tx, "李娜")


@pytest.fixture
async def parts(client: AsyncClient, tx: AsyncConnection) -> Parts:
    """A contact and a lost opportunity, by their collections, of an account that is deleted."""
    account = await add_account(tx, name="Gone")
    contact = await add_contact(tx, account.id)
    lost = await add_opportunity(tx, account_id=account.id, stage=Stage.LOST)
    body = {"system": "sap", "external_id": "1"}
    made = {"contacts": str(contact.id), "opportunities": str(lost.id)}
    for collection, one in made.items():
        added = await client.post(f"/{collection}/{one}/external-ids", json=body)
        assert added.status_code == 201, added.text
    assert (await client.delete(f"/accounts/{account.id}")).status_code == 204
    return {**made, "accounts": str(account.id)}


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code")


@pytest.mark.parametrize("collection", ["contacts", "opportunities"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"name": "New"}),
        ("PATCH", "", {"custom_fields": {}, "name": "New"}),
        ("POST", "/transfer", {"owner_id": "{person}"}),
        ("PUT", "/team/{person}", {"access": "READ"}),
        ("PUT", "/shares/PERSON/{person}", {"access": "READ"}),
        ("POST", "/external-ids", {"system": "crm", "external_id": "2"}),
    ],
)
async def test_parts_of_a_deleted_account_are_not_changed(
    client: AsyncClient,
    parts: Parts,
    person: str,
    collection: str,
    method: str,
    path: str,
    body: dict[str, str],
) -> None:
    path = f"/{collection}/{parts[collection]}{path}".replace("{person}", person)
    body = {name: value.replace("{person}", person) if isinstance(value, str) else value
            for name, value in body.items()}  # fmt: skip
    assert problem(await client.request(method, path, json=body)) == DELETED
    for language, text in (("en", "The account was deleted."), ("zh-CN", "客户已被删除")):
        headers = {"Accept-Language": language}
        answer = await client.request(method, path, json=body, headers=headers)
        assert text in answer.json()["detail"]
    restored = await client.post(f"/accounts/{parts['accounts']}/restore")
    assert restored.status_code == 200, restored.text
    answer = await client.request(method, path, json=body)
    assert answer.status_code in (200, 201), answer.text


@pytest.mark.parametrize("collection", ["contacts", "opportunities"])
async def test_batches_transfers_of_many_and_puts_refuse_parts_of_a_deleted_account(
    client: AsyncClient, parts: Parts, person: str, collection: str
) -> None:
    one = parts[collection]
    batch = {"items": [{"id": one, "version": "*", "patch": {"name": "New"}}]}
    [item] = (await client.post(f"/{collection}/batch", json=batch)).json()["items"]
    assert (item["status"], item["problem"]["code"]) == DELETED
    transfer = {"ids": [one], "owner_id": person}
    [item] = (await client.post(f"/{collection}/transfer", json=transfer)).json()["items"]
    assert (item["status"], item["problem"]["code"]) == DELETED
    body = {"account_id": parts["accounts"], "name": "New"}
    put = await client.put(f"/{collection}/by-external-id/sap/1", json=body)
    assert problem(put) == DELETED


@pytest.mark.parametrize("collection", ["contacts", "opportunities"])
async def test_parts_of_a_deleted_account_can_be_read_and_deleted_but_not_restored(
    client: AsyncClient, parts: Parts, collection: str
) -> None:
    path = f"/{collection}/{parts[collection]}"
    for below in ("", "/access", "/owners", "/audit", "/external-ids"):
        assert (await client.get(path + below)).status_code == 200
    assert (await client.delete(path)).status_code == 204
    assert problem(await client.post(f"{path}/restore")) == DELETED
    await client.post(f"/accounts/{parts['accounts']}/restore")
    assert (await client.post(f"{path}/restore")).status_code == 200


async def test_a_share_of_a_part_can_be_ended(
    client: AsyncClient, tx: AsyncConnection, person: str
) -> None:
    account = await add_account(tx)
    contact = await add_contact(tx, account.id)
    path = f"/contacts/{contact.id}/shares/PERSON/{person}"
    assert (await client.put(path, json={"access": "READ"})).status_code == 200
    assert (await client.delete(f"/accounts/{account.id}")).status_code == 204
    assert (await client.delete(path)).status_code == 204


async def test_moves_of_a_part_are_refused(client: AsyncClient, parts: Parts) -> None:
    primary = await client.post(f"/contacts/{parts['contacts']}/make-primary")
    assert problem(primary) == DELETED


async def test_files_do_not_change_parts_of_a_deleted_account(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, parts: Parts
) -> None:
    file = b"external_system,external_id,account,name\nsap,1,Gone,New\n"
    for resource in ("l2o.contact", "l2o.opportunity"):
        ended = await finish_import(client, tx, tenant, resource, file)
        assert ended["counts"]["refused"] == 1, (resource, ended)
    named = [
        (await client.get(f"/{one}/{parts[one]}")).json()["name"]
        for one in parts
        if one != "accounts"
    ]
    assert "New" not in named
