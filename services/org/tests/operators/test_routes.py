"""Operators, and nobody else, create, suspend and delete tenants."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.database.engine import acting_for
from chassis.records.audit.tables import audit_entries
from contracts.tenant_tasks import TASK_FAILED
from kernel.ids import new_id
from org.people.store import people
from org.tenant_tasks.actions import record_report
from org.tenant_tasks.domain import TenantTaskReport
from org.tenants.store import tenants
from services.org.tests.factories import NOW, PASSWORD, codes, created, store_tenant
from testkit import tokens
from testkit.shared_transaction import set_tenant

NEW_TENANT: dict[str, Any] = {
    "name": "新租户",
    "timezone": "Asia/Shanghai",
    "currency": "CNY",
    "languages": ["zh-CN"],
    "default_tax_rate": "0.13",
    "country": "CN",
}
Token = Callable[..., str]


def set_operator_tenant(app: FastAPI, tenant: UUID | None) -> None:
    app.state.settings = app.state.settings.model_copy(update={"operator_tenant": tenant})


@pytest.fixture(autouse=True)
def _operator_tenant(app: FastAPI, tenant: UUID) -> Iterator[None]:
    set_operator_tenant(app, tenant)
    yield
    set_operator_tenant(app, None)


async def published_types(tx: AsyncConnection, tenant: UUID) -> list[tuple[str, int]]:
    async with acting_for(tx, tenant):
        rows = await tx.execute(select(outbox.c.type, outbox.c.aggversion).order_by(outbox.c.seq))
        return [(row.type, row.aggversion) for row in rows]


async def test_a_new_tenant_has_roles_and_an_administrator(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    admin = {"name": "管理员", "username": "root", "password": PASSWORD}
    body = {**NEW_TENANT, "admin": admin, "quotas": {"rows": 10}, "tax_rounding": "DOCUMENT"}
    answer = await client.post("/admin/tenants", json=body)
    new = created(answer)
    assert answer.headers["Location"] == f"/org/v1/admin/tenants/{new['id']}"
    assert (new["status"], new["tax_rounding"], new["quotas"]["rows"]) == ("ACTIVE", "DOCUMENT", 10)
    types = await published_types(tx, UUID(new["id"]))
    assert types[0] == ("org.tenant.created.v1", 1)
    assert {kind for kind, _ in types[1:]} == {"org.role.created.v1", "org.person.created.v1"}
    assert await published_types(tx, (await tx.scalar(select(tenants.c.id))) or new_id()) == []
    assert (await client.get(f"/admin/tenants/{new['id']}")).json() == new


async def test_a_tenant_is_suspended_resumed_and_deleted(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    key = created(await client.post("/admin/tenants", json=NEW_TENANT))["id"]
    for move, status in [("suspend", "SUSPENDED"), ("suspend", "SUSPENDED"), ("resume", "ACTIVE")]:
        answer = await client.post(f"/admin/tenants/{key}/{move}")
        assert (answer.status_code, answer.json()["status"]) == (200, status)
    answer = await client.post(f"/admin/tenants/{key}/delete")
    assert answer.status_code == 202, answer.text
    task = answer.json()
    assert (task["kind"], task["target_id"], task["state"]) == ("DELETE", key, "RUNNING")
    assert (await client.get(answer.headers["Location"].removeprefix("/org/v1"))).json() == task
    resumed = await client.post(f"/admin/tenants/{key}/resume")
    assert (resumed.status_code, resumed.json()["code"]) == (409, "TENANT_GONE")
    types = [item for item in await published_types(tx, UUID(key)) if "role" not in item[0]]
    assert types == [
        ("org.tenant.created.v1", 1),
        ("org.tenant.changed.v1", 2),
        ("org.tenant.changed.v1", 3),
        ("org.tenant.changed.v1", 4),
        ("org.tenant_task.requested.v1", 1),
    ]
    async with acting_for(tx, UUID(key)):
        assert await tx.scalar(select(tenants.c.status)) == "DELETED"


async def test_status_changes_need_if_match(client: AsyncClient) -> None:
    path = f"/admin/tenants/{created(await client.post('/admin/tenants', json=NEW_TENANT))['id']}"
    for move in ("suspend", "delete"):
        stale = await client.post(f"{path}/{move}", headers={"If-Match": '"9"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    bare = {name: value for name, value in client.headers.items() if name != "if-match"}
    client.headers = bare
    missing = await client.post(f"{path}/suspend")
    assert (missing.status_code, missing.json()["code"]) == (428, "PRECONDITION_REQUIRED")
    assert (await client.post(f"{path}/resume")).status_code == 200  # it is active already
    right = await client.post(f"{path}/suspend", headers={"If-Match": '"1"'})
    assert (right.status_code, right.headers["ETag"]) == (200, '"2"')


async def test_operators_list_all_tenants(client: AsyncClient, tx: AsyncConnection) -> None:
    ids = [created(await client.post("/admin/tenants", json=NEW_TENANT))["id"] for _ in range(3)]
    await client.post(f"/admin/tenants/{ids[1]}/suspend")
    first = (await client.get("/admin/tenants", params={"limit": 2})).json()
    assert [item["id"] for item in first["items"]] == [ids[2], ids[1]]
    items = (await client.get("/admin/tenants", params={"status": "SUSPENDED"})).json()["items"]
    assert ids[1] in [item["id"] for item in items]
    assert ids[0] not in [item["id"] for item in items]


async def test_quotas_and_settings_are_changed(client: AsyncClient) -> None:
    key = created(await client.post("/admin/tenants", json=NEW_TENANT))["id"]
    path = f"/admin/tenants/{key}"
    body = {"quotas": {"requests_per_minute": 600}, "tax_rounding": "DOCUMENT"}
    answer = await client.patch(path, json=body, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["quotas"] == {
        "requests_per_minute": 600,
        "rows": None,
        "imports_at_once": None,
    }
    stale = await client.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"quotas": {"rows": -1}}, "/quotas/rows", "TOO_SMALL"),
        ({"quotas": {"rows": "1"}}, "/quotas/rows", "TYPE_INVALID"),
        ({"quotas": {"x": 1}}, "/quotas/x", "UNKNOWN_FIELD"),
        ({"tax_rounding": "NEVER"}, "/tax_rounding", "VALUE_UNKNOWN"),
        ({"admin": {"name": "x", "username": "x.y"}}, "/admin/password", "REQUIRED"),
        ({"timezone": "Mars"}, "/timezone", "TIMEZONE_UNKNOWN"),
    ],
)
async def test_invalid_tenants_are_refused(
    client: AsyncClient, body: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await client.post("/admin/tenants", json={**NEW_TENANT, **body})
    assert answer.status_code == 422, answer.text
    assert codes(answer) == {(pointer, code)}


PATHS = [
    ("GET", ""),
    ("POST", ""),
    ("GET", "/{id}"),
    ("PATCH", "/{id}"),
    ("POST", "/{id}/suspend"),
    ("POST", "/{id}/resume"),
    ("POST", "/{id}/delete"),
    ("POST", "/{id}/tasks"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_the_scope_star_of_another_tenant_is_not_enough(
    client: AsyncClient, token: Token, tenant: UUID, method: str, path: str
) -> None:
    path_of = "/admin/tenants" + path.format(id=tenant)
    other_tenant = {"Authorization": f"Bearer {token(tenant=str(new_id()), scope='*')}"}
    answer = await client.request(method, path_of, json=NEW_TENANT, headers=other_tenant)
    assert (answer.status_code, answer.json()["code"]) == (403, "OPERATORS_ONLY")
    without_scope = {"Authorization": f"Bearer {token(scope='org.tenant.write')}"}
    answer = await client.request(method, path_of, json=NEW_TENANT, headers=without_scope)
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")


async def test_without_an_operators_tenant_nobody_is_an_operator(
    client: AsyncClient, app: FastAPI
) -> None:
    set_operator_tenant(app, None)
    answer = await client.get("/admin/tenants")
    assert (answer.status_code, answer.json()["code"]) == (403, "OPERATORS_ONLY")


async def test_a_tenant_itself_cannot_raise_its_quotas(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    answer = await client.patch("/tenant", json={"quotas": {"rows": 1}})
    assert codes(answer) == {("/quotas", "UNKNOWN_FIELD")}


async def test_unknown_tenants_answer_404(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    for method, path in PATHS[2:-1]:
        path_of = "/admin/tenants" + path.format(id=new_id())
        answer = await client.request(method, path_of, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "TENANT_NOT_FOUND"), path_of
    await set_tenant(tx, tenant)


@pytest.mark.parametrize("move", ["suspend", "delete"])
async def test_the_operators_tenant_cannot_be_suspended_or_deleted(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, move: str
) -> None:
    await store_tenant(tx, tenant)
    answer = await client.post(f"/admin/tenants/{tenant}/{move}")
    assert (answer.status_code, answer.json()["code"]) == (409, "TENANT_OPERATES")
    assert await tx.scalar(select(tenants.c.status).where(tenants.c.id == tenant)) == "ACTIVE"
    assert (await client.get("/tenant-tasks")).json()["items"] == []


async def test_deleting_again_returns_the_existing_task(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    key = created(await client.post("/admin/tenants", json=NEW_TENANT))["id"]
    await client.post(f"/admin/tenants/{key}/tasks", json={"kind": "EXPORT"})
    first = await client.post(f"/admin/tenants/{key}/delete")
    again = await client.post(f"/admin/tenants/{key}/delete")
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    types = [item for item, _ in await published_types(tx, UUID(key))]
    assert types.count("org.tenant_task.requested.v1") == 2  # the export, and one deletion


async def test_a_deleted_tenant_takes_no_tasks(client: AsyncClient) -> None:
    key = created(await client.post("/admin/tenants", json=NEW_TENANT))["id"]
    await client.post(f"/admin/tenants/{key}/delete")
    for kind in ("EXPORT", "ERASE"):
        body = {"kind": kind, "phones": ["+8613800138000"]} if kind == "ERASE" else {"kind": kind}
        answer = await client.post(f"/admin/tenants/{key}/tasks", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "TENANT_GONE")


async def test_a_failed_deletion_is_not_started_again(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """A second task would never end: services that deleted the tenant ignore its events."""
    key = created(await client.post("/admin/tenants", json=NEW_TENANT))["id"]
    first = (await client.post(f"/admin/tenants/{key}/delete")).json()
    report = TenantTaskReport(
        task_id=UUID(first["id"]), service="cpq", tables=[], notes=[TASK_FAILED], finished_at=NOW
    )
    await record_report(tx, report, operator=None, kind="DELETE")
    again = (await client.post(f"/admin/tenants/{key}/delete")).json()
    assert (again["state"], again["id"]) == ("FAILED", first["id"])


async def test_an_operator_appoints_an_administrator(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """The way back for a tenant whose last administrator left before the rule, or by SQL."""
    admin = {"name": "管理员", "username": "root", "password": PASSWORD}
    key = created(await client.post("/admin/tenants", json={**NEW_TENANT, "admin": admin}))["id"]
    async with acting_for(tx, UUID(key)):
        await tx.execute(update(people).values(scopes=(), active=False))
        query = select(people.c.id).where(people.c.username == "root")
        left = str((await tx.execute(query)).scalar_one())
    path = f"/admin/tenants/{key}/administrators"
    new: dict[str, Any] = {"new_person": {**admin, "username": "boss"}}
    for body in (new, {"person_id": left}, {"person_id": left}):
        answer = await client.post(path, json=body)
        appointed = created(answer)
        assert answer.headers["Location"] == f"/org/v1/people/{appointed['id']}"
    async with acting_for(tx, UUID(key)):
        rows = (await tx.execute(select(people).order_by(people.c.id))).all()
        assert [(row.scopes, row.active) for row in rows][-2:] == [(("*",), True)] * 2
        actors = select(audit_entries.c.actor).where(audit_entries.c.record_id == UUID(left))
        assert set((await tx.execute(actors)).scalars()) == {tokens.CALLER}
    for body in ({}, {"person_id": left, "new_person": admin}):
        refused = await client.post(path, json=body)
        assert codes(refused) == {("", "ADMINISTRATOR_AMBIGUOUS")}
    missing = await client.post(path, json={"person_id": str(new_id())})
    assert (missing.status_code, missing.json()["code"]) == (404, "PERSON_NOT_FOUND")
    await client.post(f"/admin/tenants/{key}/delete")
    gone = await client.post(path, json={"person_id": left})
    assert (gone.status_code, gone.json()["code"]) == (409, "TENANT_GONE")
