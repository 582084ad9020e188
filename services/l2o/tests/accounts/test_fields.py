"""The master data of an account: stored in one form, published, found again, imported, refused."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.factories import add_account
from services.l2o.tests.importing import finish_import
from testkit.plugin import PublishedFacts

GIVEN: dict[str, Any] = {
    "name": "杭州远景科技有限公司",
    "kinds": ["DISTRIBUTOR", "CUSTOMER", "DISTRIBUTOR"],
    "country": "CN",
    "uscc": " 91110000600037341l ",
    "legal_representative": "李雷",
    "phone": "0571-8765 4321",
    "industry_section": "C",
    "company_size": "FROM_100",
    "region_code": "330106",
    "email": "Office@Example.com",
    "website": "www.example.com",
    "currency": "CNY",
    "language": "zh-CN",
    "payment_term_code": "NET30",
    "description": "重点客户",
    "phones": [
        {"kind": "FAX", "phone": "0571-8765 4322"},
        {"kind": "MOBILE", "phone": "138 0013 8000"},
    ],
    "emails": [{"kind": "INVOICE", "email": "FP@example.com"}],
    "websites": [{"kind": "SHOP", "website": "shop.example.com"}],
    "addresses": [
        {"kind": "SHIPPING", "region_code": "330106", "address": "文三路 1 号", "is_default": True},
        {"kind": "REGISTERED", "country": "CN", "postal_code": "310012"},
    ],
}
STORED: dict[str, Any] = {
    **GIVEN,
    "kinds": ["DISTRIBUTOR", "CUSTOMER"],
    "uscc": "91110000600037341L",
    "phone": "+8657187654321",
    "email": "office@example.com",
    "website": "https://www.example.com",
    "phones": [
        {"kind": "FAX", "phone": "+8657187654322"},
        {"kind": "MOBILE", "phone": "+8613800138000"},
    ],
    "emails": [{"kind": "INVOICE", "email": "fp@example.com"}],
    "websites": [{"kind": "SHOP", "website": "https://shop.example.com"}],
    "addresses": [
        {
            "kind": "SHIPPING",
            "is_default": True,
            "country": None,
            "region_code": "330106",
            "address": "文三路 1 号",
            "postal_code": None,
        },
        {
            "kind": "REGISTERED",
            "is_default": False,
            "country": "CN",
            "region_code": None,
            "address": None,
            "postal_code": "310012",
        },
    ],
}


def shown(account: dict[str, Any]) -> dict[str, Any]:
    """The fields of an answer that stand in STORED, without the names of regions."""
    found = {name: account[name] for name in STORED}
    found["addresses"] = [
        {name: value for name, value in one.items() if name != "region_name"}
        for one in found["addresses"]
    ]
    return found


async def create(client: AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/accounts", json={**GIVEN, **fields})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def found(client: AsyncClient, query: str) -> list[str]:
    answer = await client.get(f"/accounts?{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["items"]]


async def test_the_fields_are_stored_in_one_form_and_published(
    client: AsyncClient, published: PublishedFacts
) -> None:
    account = await create(client)
    assert shown(account) == STORED
    assert account["region_name"] == "浙江省杭州市西湖区"
    assert account["addresses"][0]["region_name"] == "浙江省杭州市西湖区"
    assert (await client.get(f"/accounts/{account['id']}")).json() == account
    [event] = await published()
    assert {name: event.payload["account"][name] for name in STORED} == STORED


async def test_a_patch_replaces_a_list_and_leaves_the_others(
    client: AsyncClient, published: PublishedFacts, tx: AsyncConnection
) -> None:
    account = await create(client)
    path, match = f"/accounts/{account['id']}", {"If-Match": '"1"'}
    rows = "SELECT id FROM account_points WHERE medium <> 'PHONE' ORDER BY id"
    before = (await tx.execute(text(rows))).scalars().all()
    patch = {"phones": [{"kind": "FAX", "phone": "+8657187654322"}]}
    changed = (await client.patch(path, json=patch, headers=match)).json()
    assert shown(changed) == {**STORED, "phones": STORED["phones"][:1]}
    again = await client.patch(path, json=patch, headers={"If-Match": '"2"'})
    assert again.json()["version"] == 2
    assert len(await published()) == 2
    assert len((await tx.execute(text(rows))).scalars().all()) == len(before) == 2
    emptied = await client.patch(
        path, json={"phones": None, "addresses": []}, headers={"If-Match": '"2"'}
    )
    assert (emptied.json()["phones"], emptied.json()["addresses"]) == ([], [])


async def test_wrong_values_are_refused_all_at_once(client: AsyncClient) -> None:
    answer = await client.post(
        "/accounts",
        json={
            "name": "x",
            "kinds": [],
            "uscc": "91110000600037341X",
            "industry_section": "Z",
            "region_code": "999999",
            "email": "nobody",
            "website": "no site",
            "currency": "XXQ",
            "language": "tlh-Latn-XX",
            "phones": [{"phone": "+86 1"}, {"kind": "PAGER", "phone": "+8613800138000"}],
            "addresses": [{"kind": "BILLING", "is_default": True}] * 2,
        },
    )
    assert answer.status_code == 422
    places = {one["pointer"] for one in answer.json()["errors"]}
    assert places == {
        "/kinds", "/uscc", "/industry_section", "/region_code", "/email", "/website", "/currency",
        "/language", "/phones/0/phone", "/phones/1/kind", "/addresses",
    }  # fmt: skip


async def test_a_number_of_another_country_is_read_by_that_country(client: AsyncClient) -> None:
    account = await create(
        client, country="US", phone=None, phones=[{"kind": "OFFICE", "phone": "(415) 555-2673"}]
    )
    assert account["phones"] == [{"kind": "OFFICE", "phone": "+14155552673"}]
    refused = await client.post(
        "/accounts", json={"name": "x", "country": "US", "phones": [{"phone": "123 4567"}]}
    )
    [error] = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/phones/0/phone", "PHONE_INVALID")


async def test_accounts_are_found_by_the_fields(client: AsyncClient, tx: AsyncConnection) -> None:
    await create(client)
    await add_account(tx, name="上海测试有限公司")
    name = [GIVEN["name"]]
    for query in (
        "kind=DISTRIBUTOR", "uscc=91110000600037341l", "industry_section=C", "region=330000",
        "region=330100", "region_code=330106", "company_size__in=FROM_100,FROM_500",
        "email=OFFICE@example.com", "currency=cny", "payment_term_code=net30", "q=13800138000",
        "q=4322", "q=fp@example.com", "q=远景",
    ):  # fmt: skip
        assert await found(client, query) == name, query
    for query in ("kind=PARTNER", "region=310000", "q=13900139000", "industry_section=A"):
        assert await found(client, query) == [], query
    assert await found(client, "kind=CUSTOMER&sort=name") == ["上海测试有限公司", *name]


async def test_the_list_counts_by_size_and_sorts_by_employees(client: AsyncClient) -> None:
    for employees, size in ((350, "FROM_100"), (None, "FROM_20"), (40, "FROM_20")):
        own = {"name": f"公司{employees}", "employees": employees, "company_size": size}
        await create(client, **own, uscc=None, confirmed=True)
    answer = (await client.get("/accounts?sort=-employees&count_by=company_size")).json()
    assert [one["employees"] for one in answer["items"]] == [350, 40, None]
    counts = {one["value"]: one["count"] for one in answer["counts"]}
    assert (counts["FROM_20"], counts["FROM_100"]) == (2, 1)


FILE = """\
客户名称,客户类型,统一社会信用代码,行业门类,公司规模,地区,地址,邮箱,其他电话,其他邮箱,交易币种,付款条件
杭州远景科技有限公司,经销商；Supplier,91110000600037341L,制造业,150,浙江省杭州市西湖区,文三路 1 号,\
a@example.com,0571-87654322；13800138000,b@example.com、c@example.com,cny,NET30
"""


async def test_a_file_has_the_fields_as_columns(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    done = await finish_import(client, tx, tenant, "l2o.account", FILE.encode())
    assert (done["state"], done["counts"]["created"]) == ("SUCCEEDED", 1), done
    [item] = (await client.get("/accounts")).json()["items"]
    account = (await client.get(f"/accounts/{item['id']}")).json()
    assert account["kinds"] == ["DISTRIBUTOR", "SUPPLIER"]
    assert (account["industry_section"], account["company_size"]) == ("C", "FROM_100")
    assert (account["region_code"], account["currency"]) == ("330106", "CNY")
    assert [one["phone"] for one in account["phones"]] == ["+8657187654322", "+8613800138000"]
    assert [one["email"] for one in account["emails"]] == ["b@example.com", "c@example.com"]
    [address] = account["addresses"]
    assert (address["kind"], address["address"]) == ("OFFICE", "文三路 1 号")
    again = await finish_import(client, tx, tenant, "l2o.account", FILE.encode())
    assert (again["counts"]["created"], again["counts"]["unchanged"]) == (0, 1), again
    other = "客户名称,其他邮箱\n杭州远景科技有限公司,d@example.com\n"
    await finish_import(client, tx, tenant, "l2o.account", other.encode())
    after = (await client.get(f"/accounts/{item['id']}")).json()
    assert [one["email"] for one in after["emails"]] == ["d@example.com"]
    assert after["phones"] == account["phones"]


async def test_the_audit_trail_shows_points_in_clear(client: AsyncClient) -> None:
    account = await create(client)
    entries = (await client.get(f"/accounts/{account['id']}/audit")).json()["items"]
    changes = {
        (entry["part"], change["field"], change["to"])
        for entry in entries
        for change in entry["changes"]
        if isinstance(change["to"], str)
    }
    assert {
        ("points", "phone", "+8657187654322"),
        ("points", "email", "fp@example.com"),
        ("addresses", "address", "文三路 1 号"),
        (None, "email", "office@example.com"),
    } <= changes
