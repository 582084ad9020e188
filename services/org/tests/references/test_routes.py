"""The routes of code lists."""

import pytest
from httpx import AsyncClient


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
    assert provinces["revision"] == "201904"
    districts = await client.get("/references/regions", params={"parent": "310000"})
    assert "浦东新区" in [region["name"] for region in districts.json()["items"]]
    path = (await client.get("/references/regions/320583")).json()["items"]
    assert [region["name"] for region in path] == ["江苏省", "苏州市", "昆山市"]
    assert [region["has_children"] for region in path] == [True, True, False]
    assert path[2]["pinyin"] == "Kunshanshi"


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
