"""A file of leads that is imported again: rows that say nothing new count as unchanged."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import counts, finish_import, open_import
from services.mtl.tests.leads.test_imports import refusals
from testkit.plugin import PublishedFacts

FILE = "姓名,手机,线索编号,备注\n王芳,13800138000,1,vip\n李雷,,2,\n"


async def test_a_repeated_file_changes_nothing_and_other_values_are_refused(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    first = await finish_import(client, tx, tenant, FILE.encode())
    assert first["counts"] == counts(created=2)
    before = (await client.get("/leads")).json()["items"]
    fewer = "线索编号,手机\n1,\n2,\n"
    for content in (FILE, fewer):
        again = await finish_import(client, tx, tenant, content.encode())
        assert again["counts"] == counts(unchanged=2)
    for column, other in (
        ("线索编号", FILE.replace("王芳", "王方")),
        ("线索编号", FILE.replace("vip", "svip")),
        ("线索编号", FILE.replace("李雷,", "李雷,13900139000")),
    ):
        ended = await finish_import(client, tx, tenant, other.encode())
        assert ended["counts"] == counts(unchanged=1, refused=1), other
        [codes] = (await refusals(client, ended["id"])).values()
        assert [code for _, code in codes] == ["LEAD_DUPLICATE"], column
    assert (await client.get("/leads")).json()["items"] == before


async def test_a_preview_warns_of_rows_that_cannot_be_recognised_again(
    client: AsyncClient,
) -> None:
    rows = "甲,A,,,\n乙,B,13800138000,,\n丙,C,,c@example.com,\n丁,D,,,4\n"
    file = f"姓名,公司,手机,邮箱,线索编号\n{rows}"
    import_id = await open_import(client, file.encode())
    preview = (await client.post(f"/imports/{import_id}/preview")).json()
    warned = {row["row"]: [one["code"] for one in row["warnings"]] for row in preview["rows"]}
    assert warned == {2: ["LEAD_NOT_RECOGNIZABLE"], 3: [], 4: [], 5: []}
