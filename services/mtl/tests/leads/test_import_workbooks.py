"""Imports of XLSX files: custom fields from cells of numbers, days, choices and texts."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import xlsxwriter
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import counts, finish_import

HEADER = ("姓名", "手机", "评分", "预约日期", "来访意向", "兴趣")


def workbook(*rows: Sequence[Any]) -> bytes:
    """Return an XLSX file with these rows under the header, days as cells of a date."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADER, *rows]):
            for column, value in enumerate(row):
                sheet.write(number, column, value)
    return out.getvalue()


async def define(client: AsyncClient, key: str, kind: str, zh: str, **more: Any) -> None:
    labels = {"label_zh": zh, "label_en": key, "filterable": True}
    field = {"resource": "mtl.lead", "key": key, "type": kind, **labels, **more}
    answer = await client.post("/custom-fields", json=field)
    assert answer.status_code == 201, answer.text


async def test_a_workbook_gives_leads_their_custom_fields(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await define(client, "rating", "NUMBER", "评分")
    await define(client, "visit_on", "DATE", "预约日期")
    choices = [{"value": "HOT", "label_zh": "很高", "label_en": "Hot"}]
    await define(client, "intent", "CHOICE", "来访意向", choices=choices)
    ended = await finish_import(
        client,
        tx,
        tenant,
        workbook(
            ("王芳", "13800138000", 12.5, date(2026, 12, 24), "HOT", "CRM"),
            ("李雷", 13800138001, None, None, None, None),
            ("韩梅梅", "13800138002", "many", "someday", "COLD", "CRM"),
        ),
    )
    assert ended["counts"] == counts(created=2, refused=1), ended
    leads = {one["name"]: one for one in (await client.get("/leads")).json()["items"]}
    expected = {"rating": "12.5", "visit_on": "2026-12-24", "intent": "HOT"}
    assert leads["王芳"]["custom_fields"] == expected
    assert leads["王芳"]["attributes"] == {"兴趣": "CRM"}
    assert (leads["李雷"]["phone"], leads["李雷"]["custom_fields"]) == ("+8613800138001", {})
    [refused] = (await client.get(f"/imports/{ended['id']}/refusals")).json()["items"]
    assert refused["row"] == 4
    assert {one["column"] for one in refused["errors"]} == {"评分", "预约日期", "来访意向"}
    found = (await client.get("/leads?custom.rating__gte=12")).json()["items"]
    assert [one["name"] for one in found] == ["王芳"]
