"""All files of a tenant in one archive, for whoever exports the tenant."""

import io
import zipfile
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.tests.files.uploading import PDF, begin, upload
from testkit.directory import Company, sign_in


async def test_an_archive_holds_every_file_that_is_served(client: AsyncClient) -> None:
    first = await upload(client, PDF, "合同.pdf")
    second = await upload(client, PDF + b"x", "合同.pdf")
    await begin(client, PDF)
    fetched = await client.get("/file-archive")
    assert fetched.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert archive.testzip() is None
        found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {
        f"{first['id']}/合同.pdf": PDF,
        f"{second['id']}/合同.pdf": PDF + b"x",
    }


async def test_an_archive_without_files_is_empty(client: AsyncClient) -> None:
    fetched = await client.get("/file-archive")
    with zipfile.ZipFile(io.BytesIO(fetched.content)) as archive:
        assert archive.namelist() == []


async def test_only_who_exports_the_tenant_gets_the_archive(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li = sign_in(tenant, "li", scope="desk.file.read desk.file.write")
    assert (await client.get("/file-archive", headers=li)).status_code == 403
