"""The routes of code lists."""

import pytest
from httpx import AsyncClient

from org.references import store


async def test_currencies_have_names_and_digits(client: AsyncClient) -> None:
    items = (await client.get("/references/currencies")).json()["items"]
    map_by_code = {item["code"]: item for item in items}
    assert len(items) == 165
    assert map_by_code["CNY"] == {
        "code": "CNY",
        "name": "Chinese Yuan",
        "name_zh": "人民币",
        "name_en": "Chinese Yuan",
        "symbol": "¥",
        "digits": 2,
    }
    assert map_by_code["JPY"]["digits"] == 0


async def test_countries_are_those_of_iso_3166(client: AsyncClient) -> None:
    answer = await client.get("/references/countries", headers={"Accept-Language": "zh-CN"})
    items = answer.json()["items"]
    assert len(items) == 249
    assert {"CN": "中国", "DE": "德国"}.items() <= {i["code"]: i["name"] for i in items}.items()


async def test_regions_are_listed_by_parent(client: AsyncClient) -> None:
    provinces = (await client.get("/references/regions")).json()
    assert len(provinces["items"]) == 34
    assert provinces["revision"] == "202609"
    districts = await client.get("/references/regions", params={"parent": "310000"})
    assert "浦东新区" in [region["name"] for region in districts.json()["items"]]
    path = (await client.get("/references/regions/320583")).json()["items"]
    assert [region["name"] for region in path] == ["江苏省", "苏州市", "昆山市"]
    assert [region["has_children"] for region in path] == [True, True, False]
    assert path[2]["pinyin"] == "Kunshanshi"


@pytest.mark.parametrize(
    ("code", "path", "successors"),
    [
        ("320684", ["江苏省", "南通市", "海门市"], ["海门区"]),  # of 2020
        ("330103", ["浙江省", "杭州市", "下城区"], ["拱墅区"]),  # merged in 2021
        ("371200", ["山东省", "莱芜市"], ["莱芜区"]),  # a prefecture that became a district in 2018
        ("230708", ["黑龙江省", "伊春市", "美溪区"], ["伊美区"]),
    ],
)
async def test_codes_no_longer_in_use_lead_to_their_successors(
    client: AsyncClient, code: str, path: list[str], successors: list[str]
) -> None:
    answer = (await client.get(f"/references/regions/{code}")).json()
    assert [region["name"] for region in answer["items"]] == path
    assert [region["name"] for region in answer["successors"]] == successors
    own = answer["items"][-1]
    assert own["active"] is False
    assert own["successors"] == [region["code"] for region in answer["successors"]]
    parent = answer["items"][-2]["code"]
    listed = (await client.get("/references/regions", params={"parent": parent})).json()["items"]
    assert code not in [region["code"] for region in listed]
    assert all(region["active"] for region in listed)


async def test_every_successor_is_in_use() -> None:
    successors = {code for former in store._former_regions().values() for code in former.successors}
    assert len(successors) > 500
    assert successors <= store._regions().keys()
    assert not store._former_regions().keys() & store._regions().keys()


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/references/regions/999999", 404),
        ("/references/regions/31", 422),
        ("/references/regions?parent=999999", 404),
        ("/references/regions?parent=abc", 422),
        ("/references/regions?parent_code=310000", 422),
        ("/references/currencies?q=x", 422),
    ],
)
async def test_unknown_regions_and_parameters_are_refused(
    client: AsyncClient, path: str, status: int
) -> None:
    assert (await client.get(path)).status_code == status


async def test_languages_are_those_of_the_texts(client: AsyncClient) -> None:
    items = (await client.get("/references/languages")).json()["items"]
    assert [item["code"] for item in items] == ["zh-CN", "en"]
