"""The template of every import is a file that can be imported as it is, by every tenant."""

import re
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.features import imports_of
from chassis.database.backbone_tables import tenant_settings
from chassis.files.formats.reader import read_file
from chassis.files.imports.columns import parse_row, validated_mapping
from chassis.files.imports.target import ImportTarget
from chassis.files.imports.templates import csv_template, xlsx_template
from chassis.foundation.context import Context, use_context
from chassis.records.import_examples import ExampleReader
from deploy.services import SERVICES
from tests.resources.found_resources import FoundResource, found_resources
from tests.resources.records import Records

# Country, languages and currency of tenants, and the language of the texts that they read.
TENANTS = [
    pytest.param("CN", ["zh-CN", "en"], "CNY", "zh-CN", id="China"),
    pytest.param("US", ["en"], "USD", "en", id="United States"),
    pytest.param("DE", ["en", "de"], "EUR", "en", id="Germany"),
    pytest.param("JP", ["en", "ja"], "JPY", "en", id="Japan"),
    pytest.param(None, ["en"], "USD", "en", id="nowhere"),
]
# The tenant of a test has no price book yet, so the example row creates the first one.
WARNED = {"cpq.product": ["PRICE_BOOK_CREATED"]}
CHINESE = re.compile("[\u4e00-\u9fff]")


def targets() -> list[ImportTarget[Any]]:
    """Every import target of every service."""
    found: list[ImportTarget[Any]] = []
    for service in SERVICES:
        imports = imports_of(service)
        found += imports.targets if imports else []
    return found


def imported() -> list[Any]:
    names = {target.resource for target in targets()}
    resources = [one for service in SERVICES for one in found_resources(service)]
    return [pytest.param(one, id=one.name) for one in resources if one.name in names]


@pytest.mark.parametrize(("country", "languages", "currency", "language"), TENANTS)
@pytest.mark.parametrize("target", targets(), ids=lambda target: target.resource)
def test_a_template_needs_no_mapping_and_its_example_is_accepted(
    target: ImportTarget[Any],
    country: str | None,
    languages: list[str],
    currency: str,
    language: str,
) -> None:
    reader = ExampleReader(language=language, country=country, currency=currency)
    for content in (csv_template(target, reader), xlsx_template(target, reader)):
        file = read_file(content, languages=languages)
        columns = validated_mapping(file.header, None, target)
        assert list(columns.values()) == [field.name for field in target.fields]
        rows = list(file.rows)
        assert len(rows) == 1
        with use_context(Context(country=country)):
            parsed = parse_row(file.header, columns, rows[0], target)
        assert (parsed.errors, parsed.warnings) == ([], [])
        assert parsed.value is not None
        assert language == "zh-CN" or not CHINESE.search(f"{file.header}{rows[0].cells}")


@pytest.mark.parametrize("format", ["CSV", "XLSX"])
@pytest.mark.parametrize(("country", "languages", "currency", "language"), TENANTS)
@pytest.mark.parametrize("resource", imported())
async def test_a_template_that_is_uploaded_as_it_is_has_no_refused_row(
    records: Records,
    tx: AsyncConnection,
    resource: FoundResource,
    country: str | None,
    languages: list[str],
    currency: str,
    language: str,
    format: str,
) -> None:
    """Records that the example names need not exist: an import says so, a preview does not."""
    own = {"country": country, "languages": languages, "currency": currency}
    await tx.execute(update(tenant_settings).values(**own))
    client = records.client
    del client.headers["Accept-Language"]
    template = await client.get(f"/imports/templates/{resource.name}?format={format}")
    assert (template.status_code, template.headers["Content-Language"]) == (200, language)
    body = {"file_name": f"template.{format.lower()}", "resource": resource.name}
    path = f"/imports/{(await client.post('/imports', json=body)).json()['id']}"
    await client.put(f"{path}/file", content=template.content)
    preview = (await client.post(f"{path}/preview")).json()
    [row] = preview["rows"]
    assert (preview["findings"], preview["warnings"]) == ([], [])
    warned = [one["code"] for one in row["warnings"]]
    assert (row["errors"], warned) == ([], WARNED.get(resource.name, []))


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.resource)
def test_chinese_headings_are_chinese(target: ImportTarget[Any]) -> None:
    assert [one.name for one in target.fields if one.chinese_heading == one.name] == []


def test_templates_of_several_services_are_checked() -> None:
    assert {"org.person", "mtl.lead", "l2o.account", "l2o.opportunity", "cpq.product"} <= {
        target.resource for target in targets()
    }
