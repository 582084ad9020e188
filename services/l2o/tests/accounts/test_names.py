"""The spellings of a name are one account."""

import unicodedata
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.importing import finish_import

NAME = "L'Oréal Café Group"
SPELLINGS = [
    NAME,
    unicodedata.normalize("NFD", NAME),
    NAME.upper(),
    NAME.replace("'", "\u2019"),
    NAME.replace("'", "\u2018").lower(),
    NAME.replace(" ", "  "),
    "Ｌ＇Ｏｒéａｌ　Ｃａｆé　Ｇｒｏｕｐ",
    NAME.replace(" ", "\u00a0"),
]


async def test_eight_spellings_of_a_name_are_one_account(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    rows = "".join(f"{name},{100 + at}\n" for at, name in enumerate(SPELLINGS))
    file = f"name,employees\n{rows}".encode()
    ended = await finish_import(client, tx, tenant, "l2o.account", file)
    assert (ended["counts"]["created"], ended["counts"]["updated"]) == (1, 7)
    [account] = (await client.get("/accounts")).json()["items"]
    assert (account["name"], account["employees"]) == (NAME, 107)
    edited = await client.patch(f"/accounts/{account['id']}", json={"name": "Société Générale"})
    assert edited.status_code == 200, edited.text
    [changed, *_] = (await client.get(f"/accounts/{account['id']}/audit")).json()["items"]
    assert [change["field"] for change in changed["changes"]] == ["name"]
    ended = await finish_import(
        client,
        tx,
        tenant,
        "l2o.account",
        "name,parent\nSOCIÉTÉ  GÉNÉRALE,\nACME,societé\n".encode(),
    )
    assert (ended["counts"]["created"], ended["counts"]["unchanged"]) == (1, 1)


async def test_a_file_is_held_to_the_rules_of_the_api(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    rows = (
        "A,2100,,\n",
        "B,3000,,\n",
        "C,,-1,\n",
        "D,,,999999999999\n",
        "E,1998,1,999999999.99\n",
    )
    file = "name,founded_year,employees,revenue\n" + "".join(rows)
    ended = await finish_import(client, tx, tenant, "l2o.account", file.encode())
    assert (ended["counts"]["created"], ended["counts"]["refused"]) == (1, 4)


async def test_opportunities_find_their_account_in_any_spelling(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    created = (await client.post("/accounts", json={"name": NAME})).json()
    rows = "".join(f"O-{at},{name}\n" for at, name in enumerate(SPELLINGS))
    file = f"external_id,account\n{rows}".encode()
    ended = await finish_import(client, tx, tenant, "l2o.opportunity", file)
    assert ended["counts"]["created"] == 8
    items = (await client.get("/opportunities")).json()["items"]
    assert {item["account_id"] for item in items} == {created["id"]}


@pytest.mark.parametrize("name", [*SPELLINGS, f"  {NAME} "])
async def test_every_spelling_of_a_name_finds_the_account(client: AsyncClient, name: str) -> None:
    stored = unicodedata.normalize("NFD", NAME)
    created = await client.post("/accounts", json={"name": stored, "country": "US"})
    assert created.json()["name"] == NAME  # in NFC
    for query in ({"name": name}, {"name__in": f"ACME,{name}"}, {"name": name, "country": "us"}):
        [found] = (await client.get("/accounts", params=query)).json()["items"]
        assert found["id"] == created.json()["id"], query
    search = {"filter_groups": [{"name": name, "country__in": ["us", "FR"]}]}
    assert len((await client.post("/accounts/search", json=search)).json()["items"]) == 1


async def test_an_import_stores_composed_letters(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    file = unicodedata.normalize("NFD", f"name,industry\n{NAME},Café\n").encode()
    await finish_import(client, tx, tenant, "l2o.account", file)
    [account] = (await client.get("/accounts?industry=Cafe\u0301")).json()["items"]
    assert (account["name"], account["industry"]) == (NAME, "Caf\u00e9")
    [account] = (await client.get("/accounts?name__startswith=L'Ore\u0301")).json()["items"]
    assert account["name"] == NAME


async def test_an_external_id_is_one_in_bodies_paths_and_files(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    decomposed = unicodedata.normalize("NFD", "Büro-1")
    path = f"/accounts/by-external-id/erp/{decomposed}"
    put = await client.put(path, json={"name": NAME})
    assert put.status_code == 201, put.text
    for spelling in ("Büro-1", decomposed):
        found = await client.get(f"/accounts/by-external-id/erp/{spelling}")
        assert found.json()["id"] == put.json()["id"]
        file = f"name,external_id,external_system\n{NAME},{spelling},erp\n".encode()
        ended = await finish_import(client, tx, tenant, "l2o.account", file)
        assert ended["counts"]["unchanged"] == 1
    empty = await client.get("/accounts/by-external-id/erp/\u200b")
    assert empty.status_code == 422
