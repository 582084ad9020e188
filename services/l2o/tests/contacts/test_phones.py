"""Telephone numbers of contacts are numbers of the country of their account, else of the tenant."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.importing import finish_import
from testkit.tenants import add_tenant

NATIONAL, AMERICAN = "(415) 555-2673", "+14155552673"


async def new_account(client: AsyncClient, country: str | None) -> str:
    body = {"name": f"Acme {country}", "country": country}
    answer = await client.post("/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def new_contact(account_id: str, phone: str = NATIONAL) -> dict[str, Any]:
    return {"account_id": account_id, "name": "Ann", "phone": phone}


@pytest.mark.parametrize(
    ("country", "phone", "stored"),
    [
        ("US", NATIONAL, AMERICAN),
        ("US", "415-555-2673 x9", f"{AMERICAN};ext=9"),
        ("GB", "020 7031 3000", "+442070313000"),
        ("AU", "0011 1 415 555 2673", AMERICAN),
        ("US", "+86 138 0013 8000", "+8613800138000"),
        (None, "010-62345678-8001", "+861062345678;ext=8001"),
    ],
)
async def test_a_new_contact_has_a_number_of_the_country_of_its_account(
    client: AsyncClient, country: str | None, phone: str, stored: str
) -> None:
    account_id = await new_account(client, country)
    created = await client.post("/contacts", json=new_contact(account_id, phone))
    assert (created.status_code, created.json().get("phone")) == (201, stored), created.text
    in_batch = {"items": [{"create": new_contact(account_id, phone)}]}
    [item] = (await client.post("/contacts/batch", json=in_batch)).json()["items"]
    assert item["record"]["phone"] == stored


async def test_an_edit_and_an_upsert_read_the_number_by_the_country_of_the_account(
    client: AsyncClient,
) -> None:
    account_id = await new_account(client, "US")
    path = "/contacts/by-external-id/sap/1"
    assert (await client.put(path, json=new_contact(account_id))).json()["phone"] == AMERICAN
    again = (await client.put(path, json=new_contact(account_id))).json()
    assert (again["phone"], again["version"]) == (AMERICAN, 1)
    one = f"/contacts/{again['id']}"
    patched = await client.patch(one, json={"phone": "212 736 3100"})
    assert (patched.json()["phone"], patched.json()["version"]) == ("+12127363100", 2)
    same = await client.patch(one, json={"phone": "(212) 736-3100"})
    assert same.json() == patched.json()
    in_batch = {"items": [{"id": again["id"], "version": 2, "patch": {"phone": NATIONAL}}]}
    [item] = (await client.post("/contacts/batch", json=in_batch)).json()["items"]
    assert item["record"]["phone"] == AMERICAN


@pytest.mark.parametrize(
    ("tenant_country", "phone", "code"),
    [("CN", "138 0013", "PHONE_INVALID"), (None, NATIONAL, "PHONE_REGION_UNKNOWN")],
)
async def test_a_number_that_no_country_explains_is_refused(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant_country: str | None,
    phone: str,
    code: str,
) -> None:
    await add_tenant(tx, country=tenant_country)
    account_id = await new_account(client, None)
    refused = await client.post("/contacts", json=new_contact(account_id, phone))
    assert refused.status_code == 422
    found = [(one["pointer"], one["code"]) for one in refused.json()["errors"]]
    assert found == [("/phone", code)]
    created = (await client.post("/contacts", json=new_contact(account_id, AMERICAN))).json()
    patched = await client.patch(f"/contacts/{created['id']}", json={"phone": phone})
    assert [(one["pointer"], one["code"]) for one in patched.json()["errors"]] == found


async def test_files_read_numbers_by_the_country_of_the_account(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await new_account(client, "US")
    file = f"客户,姓名,电话\nAcme US,Ann,{NATIONAL}\nAcme US,Bob,12\n".encode()
    ended = await finish_import(client, tx, tenant, "l2o.contact", file)
    assert (ended["counts"]["created"], ended["counts"]["refused"]) == (1, 1), ended
    again = await finish_import(client, tx, tenant, "l2o.contact", file)
    assert again["counts"]["unchanged"] == 1
    contacts = (await client.get("/contacts")).json()["items"]
    assert [one["phone"] for one in contacts] == [AMERICAN]
    # The country of an account that a file edits need not be in the file.
    file = f"客户名称,电话\nAcme US,{NATIONAL}\nAcme US,02070313000\n".encode()
    ended = await finish_import(client, tx, tenant, "l2o.account", file)
    assert (ended["counts"]["updated"], ended["counts"]["refused"]) == (1, 1), ended
    [account] = (await client.get("/accounts")).json()["items"]
    assert account["phone"] == AMERICAN


async def test_a_number_is_found_as_it_is_written_in_its_country(client: AsyncClient) -> None:
    account_id = await new_account(client, "US")
    await client.patch(f"/accounts/{account_id}", json={"phone": NATIONAL})
    await client.post("/contacts", json=new_contact(account_id))
    for collection in ("contacts", "accounts"):
        for name in ("q", "phone", "phone__in"):
            for spelling in (NATIONAL, "415-555-2673", "1-415-555-2673", AMERICAN):
                answer = await client.get(f"/{collection}", params={name: spelling})
                assert answer.status_code == 200, answer.text
                assert len(answer.json()["items"]) == 1, (collection, name, spelling)
            other = await client.get(f"/{collection}", params={name: "415-555-2674"})
            assert other.json()["items"] == []
