"""Who sees, records and edits activities: whoever sees the account or the opportunity reads."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.activities.calling import (
    AT,
    SELLER,
    account,
    ids,
    opportunity,
    problem,
    read,
    record,
    violations,
)
from testkit.directory import Company, directory_id, sign_in

People = dict[str, dict[str, str]]


async def signed_in(tx: AsyncConnection, tenant: UUID) -> People:
    await Company(tx).build()
    return {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}


async def share(client: AsyncClient, path: str, name: str, access: str, by: dict[str, str]) -> None:
    address = f"{path}/shares/PERSON/{directory_id(name)}"
    answer = await client.put(address, json={"access": access}, headers=by)
    assert answer.status_code == 200, answer.text


async def test_whoever_sees_the_account_sees_its_activities_and_their_doer_edits_them(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    people = await signed_in(tx, tenant)
    account_id = await account(client, headers=people["li"])
    await share(client, f"/accounts/{account_id}", "wang", "WRITE", people["li"])
    made = (await record(client, account_id, people["wang"], subject="ok"))["id"]
    path = f"/activities/{made}"
    # li owns the account, sun and qian are li's managers; wang did it.
    for name in ("li", "sun", "qian", "zhao", "wang"):
        assert (await client.get(path, headers=people[name])).status_code == 200, name
        listed = await ids(client, f"/activities?account_id={account_id}", headers=people[name])
        assert listed == [made], name
        # A list that names no account shows what the caller and their people did.
        own = [made] if name in ("wang", "zhao") else []
        assert await ids(client, "/activities", headers=people[name]) == own, name
    hidden = await client.get(path, headers=people["bei"])
    assert problem(hidden) == (404, "ACTIVITY_NOT_FOUND")
    refused = await client.patch(path, json={"subject": "no"}, headers=people["li"])
    assert problem(refused) == (403, "RECORD_READ_ONLY")
    edited = await client.patch(path, json={"subject": "yes"}, headers=people["wang"])
    assert edited.status_code == 200
    access = await read(client, f"{path}/access", headers=people["li"])
    assert {one["under"] for one in access["mine"]["reasons"]} == {"l2o.account"}


async def test_whoever_sees_the_opportunity_sees_and_records_its_activities(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    people = await signed_in(tx, tenant)
    account_id = await account(client, headers=people["li"])
    deal = await opportunity(client, account_id, headers=people["li"])
    await share(client, f"/opportunities/{deal}", "wang", "WRITE", people["li"])
    about = await record(client, account_id, people["wang"], opportunity_id=deal)
    other = await record(client, account_id, people["li"])
    listed = f"/activities?opportunity_id={deal}"
    for name in ("li", "wang", "sun"):
        assert await ids(client, listed, headers=people[name]) == [about["id"]], name
    mine = await record(client, account_id, people["li"], opportunity_id=deal)
    assert await ids(client, listed, headers=people["wang"]) == [mine["id"], about["id"]]
    # The opportunity shows wang nothing else of the account.
    assert (
        await client.get(f"/activities/{other['id']}", headers=people["wang"])
    ).status_code == 404
    body = {"account_id": account_id, "kind": "CALL", "at": AT}
    refused = await client.post("/activities", json=body, headers=people["wang"])
    assert violations(refused) == {("/account_id", "ACCOUNT_UNKNOWN")}
    refused = await client.post(
        "/activities", json={**body, "opportunity_id": deal}, headers=people["bei"]
    )
    assert violations(refused) == {
        ("/account_id", "ACCOUNT_UNKNOWN"),
        ("/opportunity_id", "OPPORTUNITY_UNKNOWN"),
    }


async def test_who_only_reads_an_account_records_nothing_about_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    people = await signed_in(tx, tenant)
    account_id = await account(client, headers=people["li"])
    await share(client, f"/accounts/{account_id}", "wang", "READ", people["li"])
    body = {"account_id": account_id, "kind": "CALL", "at": AT}
    refused = await client.post("/activities", json=body, headers=people["wang"])
    assert problem(refused) == (403, "RECORD_READ_ONLY")


async def test_a_manager_records_for_a_person_who_then_owns_the_activity(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    people = await signed_in(tx, tenant)
    account_id = await account(client, headers=people["li"])
    li = str(directory_id("li"))
    made = await record(client, account_id, people["sun"], owner_id=li)
    assert made["owner_id"] == li
    path = f"/activities/{made['id']}"
    edited = await client.patch(path, json={"subject": "x"}, headers=people["li"])
    assert edited.status_code == 200


async def test_another_tenant_sees_nothing(client: AsyncClient, tenant: UUID) -> None:
    made = await record(client, await account(client))
    other = sign_in(UUID(int=7), "li", scope="l2o.*")
    answer = await client.get(f"/activities/{made['id']}", headers=other)
    assert answer.status_code in (401, 403, 404)
