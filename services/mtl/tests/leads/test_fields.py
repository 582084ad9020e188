"""The fields of a lead: stored in one form, found again, imported, refused all at once."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.schemas.spellings import read_cells
from services.mtl.tests.factories import create, finish_import, problem, violations
from testkit.plugin import PublishedFacts

GIVEN = {
    "name": "王芳",
    "job_title": "信息化主管",
    "department": "信息部",
    "company": "杭州远景科技有限公司",
    "uscc": " 91110000600037341l ",
    "industry": "制造业",
    "company_size": "FROM_100",
    "website": "www.example.com",
    "country": "CN",
    "region_code": "330106",
    "address": "文三路 1 号",
    "phone": "138 0013 8000",
    "work_phone": "0571-8765 4321转8001",
    "other_phone": "139-0013-9000",
    "email": "Wang.Fang@Example.com",
    "other_email": "WF@example.org",
    "wechat_id": "Wang_Fang88",
    "language": "zh-CN",
    "external_id": "EXPO-1",
    "description": "展会上要了报价",
    "need": "CRM",
    "budget": {"amount": "50000", "currency": "CNY"},
    "expected_on": "2027-03-31",
    "source": "展会",
    "source_detail": "2026 上海工博会",
    "utm_source": "baidu",
    "utm_medium": "cpc",
    "utm_campaign": "autumn",
    "utm_term": "crm 系统",
    "utm_content": "banner-2",
}
STORED = {
    **GIVEN,
    "uscc": "91110000600037341L",
    "website": "https://www.example.com",
    "phone": "+8613800138000",
    "work_phone": "+8657187654321;ext=8001",
    "other_phone": "+8613900139000",
    "email": "wang.fang@example.com",
    "other_email": "wf@example.org",
    "wechat_id": "wang_fang88",
    "budget": {"amount": "50000.00", "currency": "CNY"},
}


async def test_every_field_is_stored_in_one_form(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = await create(client, **GIVEN)
    assert {name: lead[name] for name in STORED} == STORED
    assert lead["region_name"] == "浙江省杭州市西湖区"
    [event] = await published()
    assert {name: event.payload["lead"][name] for name in STORED} == STORED
    answer = await client.patch(f"/leads/{lead['id']}", json={"budget": None, "uscc": None})
    assert (answer.json()["budget"], answer.json()["uscc"]) == (None, None)


async def test_all_wrong_values_are_refused_at_once(client: AsyncClient) -> None:
    wrong = {
        "uscc": "91110000600037341M",
        "company_size": "BIG",
        "website": "javascript:alert(1)",
        "country": "ZZ",
        "region_code": "999999",
        "phone": "12",
        "email": "nobody",
        "wechat_id": "王芳",
        "language": "xx",
        "budget": {"amount": "-1", "currency": "CNY"},
        "expected_on": "9999-12-31",
        "need": "x" * 2001,
    }
    answer = await client.post("/leads", json=wrong)
    assert answer.status_code == 422
    assert violations(answer) == {
        ("/uscc", "USCC_INVALID"),
        ("/company_size", "VALUE_UNKNOWN"),
        ("/website", "WEBSITE_INVALID"),
        ("/country", "COUNTRY_UNKNOWN"),
        ("/region_code", "REGION_UNKNOWN"),
        ("/phone", "PHONE_INVALID"),
        ("/email", "EMAIL_INVALID"),
        ("/wechat_id", "WECHAT_ID_INVALID"),
        ("/language", "LANGUAGE_UNKNOWN"),
        ("/budget", "TOO_SMALL"),
        ("/expected_on", "DAY_OUT_OF_RANGE"),
        ("/need", "TOO_LONG"),
    }


async def test_the_country_of_the_lead_decides_about_its_numbers(client: AsyncClient) -> None:
    lead = await create(client, country="US", phone="(415) 555-2673", work_phone="415-555-2674")
    assert (lead["phone"], lead["work_phone"]) == ("+14155552673", "+14155552674")


@pytest.mark.parametrize(
    ("first", "second", "matched"),
    [
        ({"phone": "13800138000"}, {"other_phone": "138-0013-8000"}, "phone"),
        ({"other_email": "w@example.com"}, {"email": "W@example.com"}, "email"),
        ({"wechat_id": "Wang_Fang"}, {"name": "王芳", "wechat_id": "wang_fang"}, "wechat_id"),
    ],
)
async def test_a_lead_is_known_by_each_of_its_phones_mails_and_its_wechat_id(
    client: AsyncClient, first: dict[str, str], second: dict[str, str], matched: str
) -> None:
    lead = await create(client, company="远景科技", **first)
    refused = await client.post("/leads", json={"company": "另一家", **second})
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"] == {"lead_id": lead["id"], "matched": matched}


async def test_colleagues_may_share_the_phone_of_a_switchboard(client: AsyncClient) -> None:
    for name in ("王芳", "李雷"):
        await create(client, name=name, work_phone="0571-87654321")


@pytest.mark.parametrize(
    "query",
    [
        "q=139 0013 9000",
        "q=wf@example.org",
        "q=87654321",
        "industry=制造业",
        "region_code=330106",
        "region_code__startswith=33",
        "uscc=91110000600037341L",
        "status_reason__isnull=true&industry=制造业",
    ],
)
async def test_a_lead_is_found_by_its_other_fields(client: AsyncClient, query: str) -> None:
    lead = await create(client, **GIVEN)
    await create(client, company="星辰能源", region_code="110101")
    found = (await client.get(f"/leads?{query}")).json()["items"]
    assert [one["id"] for one in found] == [lead["id"]]


async def test_leads_of_one_credit_code_are_alike_whatever_their_names(
    client: AsyncClient,
) -> None:
    first = await create(client, company="远景科技", uscc="91110000600037341L")
    other = {"company": "星辰能源", "uscc": "91110000600037341L"}
    checked = (await client.post("/leads/duplicate-check", json=other)).json()["duplicates"]
    assert [(one["lead_id"], one["reasons"]) for one in checked] == [
        (first["id"], ["COMPANY_CODE_EQUAL"])
    ]
    same_name = {"company": "远景科技", "uscc": "91330106MA2CFTEX1Y"}
    checked = (await client.post("/leads/duplicate-check", json=same_name)).json()["duplicates"]
    assert checked == []  # another company of the same name


async def test_the_name_of_no_country_becomes_an_attribute(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    rows = "姓名,手机,国家\n王芳,13800138000,Atlantis\n李雷,+8613900139000,Hong Kong\n"
    ended = await finish_import(client, tx, tenant, rows.encode())
    assert (ended["counts"]["created"], ended["counts"]["with_warnings"]) == (2, 1)
    leads = (await client.get("/leads")).json()["items"]
    found = {one["name"]: (one["country"], one["attributes"]) for one in leads}
    assert found == {"王芳": (None, {"country": "Atlantis"}), "李雷": ("HK", {})}


async def test_a_file_may_have_every_field(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    cells = {
        "姓名": "王芳",
        "职务": "信息化主管",
        "公司": "远景科技",
        "公司规模": "100-499人",
        "官网": "example.com",
        "国家": "中国",
        "地区": "浙江省杭州市西湖区",
        "手机": "13800138000",
        "座机": "0571-87654321-8001",
        "其他邮箱": "WF@example.org",
        "微信": "Wang_Fang88",
        "预算": "50000",
        "预算币种": "CNY",
        "预计采购日期": "2027-03-31",
        "utm_campaign": "autumn",
    }
    content = ",".join(cells) + "\n" + ",".join(cells.values()) + "\n"
    ended = await finish_import(client, tx, tenant, content.encode())
    assert ended["counts"]["created"] == 1, ended
    [lead] = (await client.get("/leads")).json()["items"]
    expected: dict[str, Any] = {
        "job_title": "信息化主管",
        "company_size": "FROM_100",
        "website": "https://example.com",
        "country": "CN",
        "region_name": "浙江省杭州市西湖区",
        "work_phone": "+8657187654321;ext=8001",
        "other_email": "wf@example.org",
        "wechat_id": "wang_fang88",
        "budget": {"amount": "50000.00", "currency": "CNY"},
        "expected_on": "2027-03-31",
        "utm_campaign": "autumn",
        "attributes": {},
    }
    assert {name: lead[name] for name in expected} == expected
    again = await finish_import(client, tx, tenant, content.encode())
    assert again["counts"]["unchanged"] == 1, again


def test_cells_that_are_no_region_or_country_stay_for_the_validation() -> None:
    cells = {"region_code": "朝阳区", "country": "Atlantis", "budget": "5"}
    assert read_cells(cells) == {
        "region_code": "朝阳区",
        "country": "Atlantis",
        "budget": {"amount": "5", "currency": None},
    }
