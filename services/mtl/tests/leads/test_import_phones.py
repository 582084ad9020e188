"""Files read telephone numbers as the API does: by the tenant's country, with extensions."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import finish_import
from testkit.tenants import add_tenant


@pytest.mark.parametrize(
    ("country", "spelling", "stored"),
    [
        ("CN", "010-62345678-8001", "+861062345678;ext=8001"),
        ("CN", "（010）62345678转8001", "+861062345678;ext=8001"),
        ("US", "(415) 555-2673 ext. 5", "+14155552673;ext=5"),
        (None, "+44 20 7031 3000", "+442070313000"),
        (None, "(415) 555-2673", None),
    ],
)
async def test_a_number_of_a_file_is_read_by_the_country_of_the_tenant(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    country: str | None,
    spelling: str,
    stored: str | None,
) -> None:
    await add_tenant(tx, country=country)
    ended = await finish_import(client, tx, tenant, f"姓名,电话\n王芳,{spelling}\n".encode())
    counts = ended["counts"]
    assert (counts["created"], counts["refused"]) == ((1, 0) if stored else (0, 1))
    leads = (await client.get("/leads")).json()["items"]
    assert [lead["phone"] for lead in leads] == ([stored] if stored else [])
    if stored is not None:
        base, _, extension = stored.partition(";ext=")
        assert len((await client.get(f"/leads?phone_tail={base[-4:]}")).json()["items"]) == 1
        found = await client.get("/leads", params={"q": extension or base[-8:]})
        assert len(found.json()["items"]) == 1 or len(extension) == 1
