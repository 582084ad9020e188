"""Tests of import templates: their route, headings in two languages, and custom fields."""

from dataclasses import replace
from uuid import UUID

import pytest
from httpx import AsyncClient as Client
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.reader import read_file
from chassis.files.imports.headings import template_headings
from chassis.files.imports.target import CustomImportField, ImportField
from chassis.files.imports.templates import csv_template, xlsx_template
from chassis.records.import_examples import ExampleReader
from libs.chassis.tests.files.imports.importing import finish_import
from testkit import tokens
from testkit.cards.imports import CARD_IMPORT

AMERICAN = ExampleReader(language="en", country="US", currency="USD")
PATH = "/imports/templates/testkit.card"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def test_a_template_has_headings_in_the_callers_language(client: Client) -> None:
    english = await client.get(f"{PATH}?format=CSV")
    assert (
        english.text
        == "\ufefftitle,stage,due_date,parent\r\nCall Alex Morgan,TO_DO,2027-01-31,\r\n"
    )
    assert english.headers["content-type"] == "text/csv; charset=utf-8"
    assert english.headers["content-disposition"] == 'attachment; filename="card.csv"'
    assert english.headers["content-language"] == "en"
    chinese = await client.get(f"{PATH}?format=CSV", headers={"Accept-Language": "zh-CN"})
    heading, example = chinese.text.splitlines()
    assert heading == "\ufeff标题,阶段,到期日,上级"
    assert example == "给王芳回电话,TO_DO,2027-01-31,"


async def test_a_template_is_a_workbook_by_default(client: Client) -> None:
    answer = await client.get(PATH)
    assert answer.headers["content-type"] == XLSX
    file = read_file(answer.content)
    assert list(file.header) == ["title", "stage", "due_date", "parent"]
    assert [list(row.cells or ()) for row in file.rows] == [
        ["Call Alex Morgan", "TO_DO", "2027-01-31", ""]
    ]


@pytest.mark.parametrize("format", ["CSV", "XLSX"])
async def test_a_template_can_be_imported_with_custom_fields(
    client: Client, tx: AsyncConnection, tenant: UUID, format: str
) -> None:
    field = {
        "resource": "testkit.card",
        "key": "colour",
        "label_zh": "颜色",
        "label_en": "Colour",
        "type": "TEXT",
    }
    assert (await client.post("/custom-fields", json=field)).status_code == 201
    template = (await client.get(f"{PATH}?format={format}")).content
    assert list(read_file(template).header)[-1] == "Colour"
    done = await finish_import(client, tx, tenant, template)
    assert done["state"] == "SUCCEEDED"
    listed = (await client.get("/cards")).json()["items"]
    assert [card["title"] for card in listed] == ["Call Alex Morgan"]


async def test_an_unknown_resource_or_format_is_refused(client: Client, tenant: UUID) -> None:
    for path in ("/imports/templates/testkit.dog", f"{PATH}?format=JSONL"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "VALUE_UNKNOWN")
    none = tokens.bearer(tenant, scope="testkit.card.read")
    assert (await client.get(PATH, headers=none)).status_code == 403


def test_a_heading_that_two_fields_share_is_replaced_by_their_names() -> None:
    fields = (
        ImportField("title", ("标题",), example="a"),
        CustomImportField("custom_fields.a", ("颜色", "Colour")),
        CustomImportField("custom_fields.b", ("标题", "colour")),
    )
    target = replace(CARD_IMPORT, fields=fields)
    assert template_headings(target, "zh-CN") == ["title", "颜色", "custom_fields.b"]
    assert template_headings(target, "en") == ["title", "custom_fields.a", "custom_fields.b"]


def test_a_formula_in_a_label_is_escaped() -> None:
    fields = (ImportField("title"), CustomImportField("custom_fields.a", ("=1+1", "=1+1")))
    target = replace(CARD_IMPORT, fields=fields)
    content = csv_template(target, AMERICAN).decode("utf-8-sig")
    assert content.splitlines()[0] == "title,'=1+1"
    assert read_file(xlsx_template(target, AMERICAN)).header == ["title", "=1+1"]
