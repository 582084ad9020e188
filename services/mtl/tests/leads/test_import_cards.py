"""Cards of an exhibition become leads."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import counts, finish_import, open_import

CARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=CD=F5;=B7=BC;;;
ORG;CHARSET=GBK;ENCODING=QUOTED-PRINTABLE:=BA=BC=D6=DD=D4=B6=BE=B0;=D0=C5=
=CF=A2=B2=BF
TITLE:CIO
TEL;CELL:138 0013 8000
TEL;WORK:0571-88886666
EMAIL;INTERNET:w@example.com
ADR;WORK:;;;;;;CN
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Jane Doe
TEL;TYPE=CELL:+1 202 555 0123
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Again
TEL;TYPE=CELL:+86 13800138000
END:VCARD
BEGIN:VCARD
FN:Cut off
"""


async def test_every_card_is_a_lead_unless_its_person_is_known(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, CARDS.encode(), file_name="cards.vcf")
    assert ended["counts"] == counts(created=2, refused=2, with_warnings=0)
    leads = {lead["name"]: lead for lead in (await client.get("/leads")).json()["items"]}
    assert set(leads) == {"王芳", "Jane Doe"}
    shown = ("company", "department", "job_title", "phone", "work_phone", "email", "country")
    assert [leads["王芳"][name] for name in shown] == [
        "杭州远景",
        "信息部",
        "CIO",
        "+8613800138000",
        "+8657188886666",
        "w@example.com",
        "CN",
    ]
    assert leads["Jane Doe"]["phone"] == "+12025550123"


async def test_a_preview_says_that_the_file_holds_cards(client: AsyncClient) -> None:
    import_id = await open_import(client, CARDS.encode(), file_name="cards.vcf")
    preview = (await client.post(f"/imports/{import_id}/preview")).json()
    assert (preview["format"], preview["findings"]) == ("VCARD", [])
    assert preview["header"][:4] == ["name", "title", "department", "company"]
    assert preview["rows"][0]["errors"] == []
