"""An import changes only what the importer sees and may change."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_account
from services.l2o.tests.importing import counts, findings, finish_import
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.plugin import Client

SCOPE = (
    "l2o.import.read l2o.import.write l2o.account.read l2o.account.write"
    " l2o.opportunity.read l2o.opportunity.write"
)
HEADER = "opportunity_id,account,deal_stage,engage_date,close_value\n"


async def test_invisible_accounts_are_unknown_and_invisible_opportunities_unchanged(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    await add_account(tx, name="Mine", owner_id=subject("li"))
    await add_account(tx, name="Theirs", owner_id=subject("zheng"))
    rows = (HEADER + "1,Mine,Engaging,2016-10-20,5\n").encode()
    await finish_import(client, tx, tenant, "l2o.opportunity", rows)
    client.headers.update(sign_in(tenant, "li", scope=SCOPE))
    rows = (
        HEADER
        + "1,Mine,Engaging,2016-10-20,6\n"
        + "2,Theirs,Engaging,2016-10-20,5\n"
        + "3,Mine,Engaging,2016-10-20,5\n"
    ).encode()
    ended = await finish_import(client, tx, tenant, "l2o.opportunity", rows)
    assert ended["counts"] == counts(created=1, refused=2)
    assert await findings(client, ended["id"], "refusals") == {
        2: [("opportunity_id", "RECORD_READ_ONLY")],
        3: [("account", "ACCOUNT_UNKNOWN")],
    }
    [mine] = (await client.get("/opportunities")).json()["items"]
    assert mine["owner_id"] == subject("li")


async def test_an_import_does_not_change_shared_accounts(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    shared = await add_account(tx, name="Shown", owner_id=subject("zheng"))
    await add_account(tx, name="Hidden", owner_id=subject("zheng"))
    share = f"/accounts/{shared.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(share, json={})).status_code == 200
    client.headers.update(sign_in(tenant, "li", scope=SCOPE))
    rows = b"account,sector\nShown,\nHidden,retail\nMine,retail\n"
    ended = await finish_import(client, tx, tenant, "l2o.account", rows)
    # "Hidden" is created as the importer's own account, with a warning.
    assert ended["counts"] == counts(created=2, unchanged=1, with_warnings=1)
    rows = b"account,sector,subsidiary_of\nShown,retail,\nMine,,Shown\nShown,,Mine\n"
    ended = await finish_import(client, tx, tenant, "l2o.account", rows)
    assert ended["counts"] == counts(updated=1, unchanged=1, refused=1, with_warnings=1)
    assert await findings(client, ended["id"], "refusals") == {2: [("account", "RECORD_READ_ONLY")]}
    assert await findings(client, ended["id"]) == {4: [("subsidiary_of", "RECORD_READ_ONLY")]}


async def test_all_rows_of_invisible_opportunities_are_refused_with_the_same_error(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    """The error is the same for unchanged, changed and deleted opportunities."""
    await Company(tx).build()
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{l2o.opportunity}'"))
    await add_account(tx, name="Mine", owner_id=subject("li"))
    rows = (HEADER + "".join(f"{n},Mine,Engaging,2016-10-20,5\n" for n in (1, 2, 3))).encode()
    await finish_import(client, tx, tenant, "l2o.opportunity", rows)
    deleted = (await client.get("/opportunities/by-external-id/import/3")).json()["id"]
    assert (await client.delete(f"/opportunities/{deleted}")).status_code == 204
    client.headers.update(sign_in(tenant, "li", scope=SCOPE))
    rows = rows.replace(b"2,Mine,Engaging,2016-10-20,5", b"2,Mine,Prospecting,2016-10-20,6")
    ended = await finish_import(client, tx, tenant, "l2o.opportunity", rows)
    assert ended["counts"] == counts(refused=3)
    refusal = [("opportunity_id", "RECORD_READ_ONLY")]
    assert await findings(client, ended["id"], "refusals") == {2: refusal, 3: refusal, 4: refusal}
    refused = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    assert [row["record_id"] for row in refused] == [None] * 3
    assert await findings(client, ended["id"]) == {}
