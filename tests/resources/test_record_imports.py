"""Imports of records: a template creates, and then changes; what other systems call a record.

Some tests are of the imports that follow from the declarations of resources, some of all imports.
"""

import csv
import io
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.features import imports_of, resources_of
from chassis.files.imports.actions import IMPORT_JOB
from chassis.files.imports.target import ImportTarget
from chassis.files.imports.templates import template_rows
from chassis.jobs.queue import Done
from chassis.records.import_examples import ExampleReader
from deploy.services import SERVICES
from services.l2o.tests.importing import add_product
from testkit.directory import sign_in
from testkit.jobs import make_job
from tests.resources.found_resources import FoundResource, found_resources
from tests.resources.records import Records

BY_EXTERNAL_ID = "GET /by-external-id/{}/{}"
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
# The records that the example rows refer to, by collection.
REFERRED: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "l2o.activity": [("accounts", {"name": "上海示例有限公司", "confirmed": True})],
    "l2o.contact": [("accounts", {"name": "上海示例有限公司", "confirmed": True})],
    "l2o.opportunity": [("accounts", {"name": "上海示例有限公司", "confirmed": True})],
    "org.department": [("people", {"name": "李娜"})],
    "org.person": [("departments", {"name": "总部"})],
    "org.team": [("people", {"name": "李娜"}), ("people", {"name": "王伟"})],
}
# The column of what people call a record, and another cell of it.
CALLED = {"l2o.activity": "subject"}


def renamed(resource: FoundResource) -> dict[str, str]:
    return {CALLED.get(resource.name, "name"): "项目二组"}


# Where a deleted record stays deleted, and what a hidden one is refused for, if not as everywhere.
NOT_RESTORED = {"l2o.opportunity"}
# Values of the example row that no second record may have, and the code of the refusal.
TAKEN = {
    "cpq.product": "PRODUCT_DUPLICATE",
    "l2o.account": "ACCOUNT_COLLIDES",  # its credit code is one of the example
    "mtl.lead": "LEAD_DUPLICATE",
}
TAKEN_IN_ANOTHER_SYSTEM = TAKEN | {"org.person": "PERSON_AMBIGUOUS"}  # the first two both fit
OWN_EXTERNAL_ID = {"mtl.lead"}  # a field of the record; only with a system it is also a name
HIDDEN = {"l2o.opportunity": "RECORD_READ_ONLY"}


def derived() -> list[FoundResource]:
    """The resources whose imports follow from their declarations."""
    names = {
        resource.record_type.scoped.resource
        for service in SERVICES
        for resource in resources_of(service)
        if resource.imported and _is_derived(target_of(resource.record_type.scoped.resource))
    }
    return [one for service in SERVICES for one in found_resources(service) if one.name in names]


def imported() -> list[FoundResource]:
    """The resources that files are imported into."""
    names = {
        target.resource
        for service in SERVICES
        if (imports := imports_of(service)) is not None
        for target in imports.targets
    }
    return [one for service in SERVICES for one in found_resources(service) if one.name in names]


def target_of(name: str) -> ImportTarget[Any]:
    imports = imports_of(name.partition(".")[0])
    assert imports is not None
    return imports.target(name)


def _is_derived(target: ImportTarget[Any]) -> bool:
    return target.import_rows.__module__.endswith("resource_import")


DERIVED = [pytest.param(one, id=one.name) for one in derived()]
IMPORTED = [pytest.param(one, id=one.name) for one in imported()]
HAND_WRITTEN = [one for one in IMPORTED if one.id not in {each.id for each in DERIVED}]
GUARDED = [pytest.param(one, id=one.name) for one in imported() if one.is_guarded]


class Files:
    """Imports files of a resource in the test's transaction."""

    def __init__(self, records: Records, tx: AsyncConnection, tenant: UUID) -> None:
        self.records, self._tx, self._tenant = records, tx, tenant
        service = import_module(f"{records.resource.service}.worker")
        self._run = service.WORKER.jobs[IMPORT_JOB]
        self.header, self.example = template_rows(target_of(records.resource.name), ExampleReader())

    def row(self, **cells: str) -> dict[str, str]:
        """Return the example row with other cells; an empty one leaves the column out."""
        target = target_of(self.records.resource.name)
        names = [field.name for field in target.fields]
        row = dict(zip(names, self.example, strict=True)) | cells
        assert set(row) >= set(names)
        return {name: value for name, value in row.items() if value}

    async def load(self, *rows: dict[str, str]) -> tuple[dict[str, int], list[str]]:
        """Import rows; return the counts that are not zero and the codes of refusals."""
        client, path = self.records.client, await self.upload(*rows)
        ended = await self.run(path)
        refusals = (await client.get(f"{path}/refusals")).json()["items"]
        codes = [error["code"] for item in refusals for error in item["errors"]]
        outcomes = ("created", "updated", "unchanged", "refused")
        return {n: ended["counts"][n] for n in outcomes if ended["counts"][n]}, codes

    async def upload(self, *rows: dict[str, str]) -> str:
        """Open an import of rows with the columns of the first one; return its path."""
        client, out = self.records.client, io.StringIO()
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        body = {"file_name": "file.csv", "resource": self.records.resource.name}
        opened = await client.post("/imports", json=body)
        assert opened.status_code == 201, opened.text
        path = f"/imports/{opened.json()['id']}"
        await client.put(f"{path}/file", content=out.getvalue().encode())
        return path

    async def run(self, path: str) -> Any:
        """Start an import, carry it out, and return it."""
        client = self.records.client
        started = await client.post(f"{path}/start", headers={"If-Match": "*"})
        assert started.status_code == 200, started.text
        await self._work(UUID(started.json()["id"]))
        ended = (await client.get(path)).json()
        assert ended["state"] == "SUCCEEDED", ended
        return ended

    async def refer(self) -> None:
        """Create the records that the example row refers to, for whoever calls."""
        for collection, body in REFERRED.get(self.records.resource.name, []):
            await self.records.maker.post(f"/{collection}", dict(body))

    async def _work(self, import_id: UUID) -> None:
        job = make_job(self._tenant, IMPORT_JOB, str(import_id), now=NOON)
        while not isinstance(await self._run(self._tx, job), Done):
            pass


@pytest.fixture
async def files(
    records: Records, tx: AsyncConnection, tenant: UUID, resource: FoundResource
) -> Files:
    files = Files(records, tx, tenant)
    await files.refer()
    if resource.name == "l2o.opportunity":
        await add_product(tx, "工业路由器 R200")  # L2O has a copy of CPQ's products
    return files


def test_imports_follow_from_declarations() -> None:
    known = {"l2o.contact", "org.department", "org.team", "rms.payment_term"}
    assert known <= {one.name for one in derived()}


@pytest.mark.parametrize("resource", DERIVED)
async def test_a_file_creates_and_then_changes_nothing(
    files: Files, resource: FoundResource
) -> None:
    called = CALLED.get(resource.name, "name")
    for row in (files.row(), files.row(external_id="", external_system="")):
        fresh = row | {called: f"{row[called]}{len(row)}"}
        if "code" in row:
            fresh["code"] = f"{row['code']}{len(row)}"
        assert await files.load(fresh) == ({"created": 1}, [])
        assert await files.load(fresh) == ({"unchanged": 1}, [])
        assert await files.load(fresh, fresh) == ({"unchanged": 2}, [])


def test_every_target_takes_external_ids() -> None:
    for resource in imported():
        names = {field.name for field in target_of(resource.name).fields}
        assert {"external_id", "external_system"} <= names, resource.name
    hand_written = {"org.person", "mtl.lead", "l2o.account", "l2o.opportunity", "cpq.product"}
    assert hand_written <= {one.name for one in imported()} - {one.name for one in derived()}


@pytest.mark.parametrize("resource", IMPORTED)
async def test_an_external_id_finds_the_record(files: Files, resource: FoundResource) -> None:
    named = {"external_id": "0001", "external_system": "erp"}
    counts, codes = await files.load(files.row(**named), files.row(**named))
    assert (counts["created"], sum(counts.values()), codes) == (1, 2, [])
    assert await files.load(files.row(**named)) == ({"unchanged": 1}, [])
    assert await files.load(files.row(**named, **renamed(resource))) == ({"updated": 1}, [])
    call = files.records.call
    found = await call(BY_EXTERNAL_ID, "erp", "0001")
    [(column, called)] = renamed(resource).items()
    assert (found.status_code, found.json()[column]) == (200, called)
    if not files.records.has("DELETE /{}") or resource.name in NOT_RESTORED:
        return
    await call("DELETE /{}", found.json()["id"], if_match="*")
    assert (await call(BY_EXTERNAL_ID, "erp", "0001")).status_code == 404
    assert await files.load(files.row(**named, **renamed(resource))) == ({"updated": 1}, [])
    restored = await call(BY_EXTERNAL_ID, "erp", "0001")
    assert restored.json()["id"] == found.json()["id"]


@pytest.mark.parametrize("resource", HAND_WRITTEN)
async def test_an_unknown_external_id_is_a_new_record_whatever_else_the_row_says(
    files: Files, resource: FoundResource
) -> None:
    for external_id, system, refusal in [
        ("0001", "erp", ""),
        ("0002", "erp", TAKEN.get(resource.name, "")),
        ("0001", "crm", TAKEN_IN_ANOTHER_SYSTEM.get(resource.name, "")),
    ]:
        row = files.row(external_id=external_id, external_system=system)
        expected = ({"refused": 1}, [refusal]) if refusal else ({"created": 1}, [])
        assert await files.load(row) == expected
        found = await files.records.call(BY_EXTERNAL_ID, system, external_id)
        assert found.status_code == (404 if refusal else 200)


@pytest.mark.parametrize("resource", HAND_WRITTEN)
async def test_without_a_system_the_external_id_is_one_of_imports(
    files: Files, resource: FoundResource
) -> None:
    row = files.row(external_id="0001", external_system="")
    assert await files.load(row) == ({"created": 1}, [])
    found = await files.records.call(BY_EXTERNAL_ID, "import", "0001")
    if resource.name in OWN_EXTERNAL_ID:
        [record] = await files.records.listed()
        assert (found.status_code, record["external_id"]) == (404, "0001")
    else:
        assert found.status_code == 200


@pytest.mark.parametrize("resource", IMPORTED)
async def test_an_external_id_that_no_system_could_have_is_refused(
    files: Files, resource: FoundResource
) -> None:
    row = files.row(external_system="no system")
    assert await files.load(row) == ({"refused": 1}, ["PATTERN_MISMATCH"])


@pytest.mark.parametrize("resource", GUARDED)
async def test_an_external_id_of_a_hidden_record_is_refused(
    files: Files, resource: FoundResource, tenant: UUID
) -> None:
    named = {"external_id": "0001", "external_system": "erp"}
    assert await files.load(files.row(**named)) == ({"created": 1}, [])
    service = resource.service
    scopes = {scope for needed in resource.routes.values() for scope in needed}
    scopes |= {f"{service}.import.read", f"{service}.import.write"}
    scopes |= {"l2o.account.read", "l2o.account.write"}
    wang = sign_in(tenant, "wang", scope=" ".join(sorted(scopes)))
    files.records.client.headers.update(wang)
    await files.refer()
    refusal = HIDDEN.get(resource.name, files.records.not_found)
    assert await files.load(files.row(**named, **renamed(resource))) == ({"refused": 1}, [refusal])
    assert (await files.records.call(BY_EXTERNAL_ID, "erp", "0001")).status_code == 404


@pytest.mark.parametrize("resource", IMPORTED)
async def test_a_column_that_no_field_takes_is_named(files: Files, resource: FoundResource) -> None:
    path = await files.upload(files.row() | {"颜色": "红", "_row": "2"})
    shown = (await files.records.client.post(f"{path}/preview")).json()
    ended = await files.run(path)
    ignored = [] if target_of(resource.name).extra_columns else [("颜色", "COLUMN_IGNORED")]
    assert (shown["findings"], ended["failures"]) == ([], [])
    for warnings in (shown["warnings"], ended["warnings"]):
        assert [(one["column"], one["code"]) for one in warnings] == ignored
        assert all(one["message"] != one["code"] for one in warnings)
    mapped = {"mapping": {"颜色": None}}
    preview = await files.records.client.post(f"{path}/preview", json=mapped)
    assert preview.json()["warnings"] == []


@pytest.mark.parametrize("resource", DERIVED)
async def test_a_required_custom_field_is_required_in_a_file(
    files: Files, resource: FoundResource
) -> None:
    field = {"resource": resource.name, "key": "colour", "type": "TEXT", "required": True}
    labels = {"label_zh": "颜色", "label_en": "Colour"}
    defined = await files.records.client.post("/custom-fields", json=field | labels)
    assert defined.status_code == 201, defined.text
    row = files.row()
    assert await files.load(row) == ({"refused": 1}, ["REQUIRED"])
    assert await files.load(row | {"颜色": "红"}) == ({"created": 1}, [])
    assert await files.load(row) == ({"unchanged": 1}, [])
    assert await files.load(row | {"Colour": "蓝"}) == ({"updated": 1}, [])


@pytest.mark.parametrize("resource", DERIVED)
async def test_a_row_that_breaks_a_rule_is_refused_and_the_rest_goes_on(
    files: Files, resource: FoundResource
) -> None:
    long = files.row(**{CALLED.get(resource.name, "name"): "x" * 300}, external_id="2")
    counts, codes = await files.load(long, files.row())
    assert (counts, codes) == ({"created": 1, "refused": 1}, ["TOO_LONG"])


@pytest.mark.parametrize("resource", [one for one in DERIVED if one.id in REFERRED])
async def test_what_a_row_refers_to_must_exist(files: Files, resource: FoundResource) -> None:
    column = {
        "l2o.activity": "account",
        "l2o.contact": "account",
        "org.department": "manager",
        "org.team": "members",
    }
    unknown = files.row(**{column[resource.name]: "没有这个"})
    assert await files.load(unknown) == ({"refused": 1}, ["REFERENCE_UNKNOWN"])
    [(collection, body), *_] = REFERRED[resource.name]
    await files.records.maker.post(f"/{collection}", dict(body))
    assert await files.load(files.row()) == ({"refused": 1}, ["REFERENCE_AMBIGUOUS"])
