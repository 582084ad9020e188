"""Tests of the labels of enums."""

import httpx
from fastapi import FastAPI
from httpx import AsyncClient as Client


async def test_every_enum_has_labels_in_the_callers_language(client: Client) -> None:
    english = (await client.get("/enums")).json()["enums"]
    assert english["Stage"] == [
        {"value": "TO_DO", "label": "To do"},
        {"value": "DOING", "label": "Doing"},
        {"value": "DONE", "label": "Done"},
    ]
    chinese = (await client.get("/enums", headers={"Accept-Language": "zh-CN"})).json()["enums"]
    assert [each["label"] for each in chinese["Stage"]] == ["待办", "进行中", "已完成"]
    assert list(english) == list(chinese) == sorted(english)
    codes = [f"{name}.{each['value']}" for name, each in _all(english)]
    assert [each["label"] for _, each in _all(english) if each["label"] in codes] == []


def _all(enums: dict[str, list[dict[str, str]]]) -> list[tuple[str, dict[str, str]]]:
    return [(name, each) for name, values in enums.items() for each in values]


async def test_resources_and_kinds_of_work_have_the_names_that_services_declare(
    client: Client,
) -> None:
    english = (await client.get("/enums")).json()["enums"]
    chinese = (await client.get("/enums", headers={"Accept-Language": "zh-CN"})).json()["enums"]
    for enum, value, en, zh in (
        ("Resource", "l2o.account", "Account", "客户"),
        ("NoticeKind", "QUOTE_EXPIRED", "Quote expired", "报价单已过期"),
        ("TaskKind", "WORK_LEAD", "Follow up on a lead", "跟进线索"),
    ):
        assert {"value": value, "label": en} in english[enum]
        assert {"value": value, "label": zh} in chinese[enum]


async def test_enums_need_a_caller(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as anonymous:
        assert (await anonymous.get("/testkit/v1/enums")).status_code == 401
