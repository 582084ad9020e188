"""The owner column of a file of leads."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from kernel.ids import new_id
from services.mtl.tests.factories import counts, finish_import
from services.mtl.tests.pools.factories import set_quota
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork


async def test_an_import_assigns_leads_to_the_owners_that_the_file_names(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    """By name or by subject; an unknown owner is a warning and the importer owns the lead."""
    company = await Company(tx).build()
    await company.person("zhou", "team A", active=False)
    owner_cells = ("li", subject("zheng"), "zhou", "nobody", "", "Select", "li")
    content = "Lead Owner,Lead Number\n" + "".join(
        f"{owner},{n}\n" for n, owner in enumerate(owner_cells)
    )
    ended = await finish_import(client, tx, tenant, content.encode())
    assert ended["counts"] == counts(created=7, with_warnings=2)
    warnings = (await client.get(f"/imports/{ended['id']}/warnings")).json()["items"]
    unknown = [("Lead Owner", "ROW_OWNER_NOT_ACTIVE")]
    assert {
        item["row"]: [(error["column"], error["code"]) for error in item["errors"]]
        for item in warnings
    } == {4: unknown, 5: unknown}
    leads = (await client.get("/leads?sort=created_at")).json()["items"]
    owners = {lead["external_id"]: lead["owner_id"] for lead in leads}
    me = ended["created_by"]
    li, zheng = subject("li"), subject("zheng")
    assert owners == {"0": li, "1": zheng, **dict.fromkeys("2345", me), "6": li}
    assert all("owner" not in lead["attributes"] for lead in leads)
    notices = {one.person: one.message for one in await published_work()}
    assert notices == {
        li: "The import of leads.csv assigned records to you (number: 2).",
        zheng: "The import of leads.csv assigned records to you (number: 1).",
        me: "The import of leads.csv has finished.",
    }, "one notice to each, not one a row"


async def test_a_name_that_two_people_share_is_ambiguous_not_unknown(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    namesake = {"id": new_id(), "subject": "li-2", "name": "li", "active": True}
    await tx.execute(insert(people).values(**namesake, epoch=1, sequence=1, deleted=False))
    content = "Lead Owner,Lead Number\nli,1\nli-2,2\n"
    ended = await finish_import(client, tx, tenant, content.encode())
    assert ended["counts"] == counts(created=2, with_warnings=1)
    [warned] = (await client.get(f"/imports/{ended['id']}/warnings")).json()["items"]
    assert (warned["row"], warned["errors"][0]["code"]) == (2, "OWNER_AMBIGUOUS")
    leads = (await client.get("/leads?sort=created_at")).json()["items"]
    assert [one["owner_id"] for one in leads] == [ended["created_by"], "li-2"]


async def test_a_row_whose_owner_may_hold_no_more_has_a_warning(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    await set_quota(client, person="li", holding_limit=1)
    content = "Lead Owner,Lead Number\nli,1\nli,2\n"
    ended = await finish_import(client, tx, tenant, content.encode())
    assert ended["counts"] == counts(created=2, with_warnings=1)
    [warned] = (await client.get(f"/imports/{ended['id']}/warnings")).json()["items"]
    [finding] = warned["errors"]
    assert (warned["row"], finding["column"], finding["code"]) == (
        3,
        "Lead Owner",
        "ROW_OWNER_FULL",
    )
    left = (await client.get("/leads?assignment_status=UNASSIGNED")).json()["items"]
    assert [one["external_id"] for one in left] == ["2"]
