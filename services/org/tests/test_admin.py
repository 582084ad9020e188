"""The command line of operators."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.records.audit.tables import audit_entries
from kernel.ids import new_id
from org.people.store import people
from org.tenant_tasks.store import tenant_tasks
from org.tenants.store import tenants
from services.org.tests.factories import PASSWORD
from services.org.tests.operators.test_routes import NEW_TENANT
from testkit.databases import ServiceDatabase
from testkit.plugin import Committed

Process = subprocess.CompletedProcess[str]


def run_admin(committed: Committed, operator: UUID | None, *arguments: str) -> Process:
    return run_on(committed.urls, operator, *arguments)


def run_on(urls: ServiceDatabase, operator: UUID | None, *arguments: str) -> Process:
    environment = {
        **os.environ,
        "L2C_MODE": "development",
        "ORG_DATABASE_URL": urls.app_url,
    }
    if operator is not None:
        environment["ORG_OPERATOR_TENANT"] = str(operator)
    command = [sys.executable, "-m", "org.admin", *arguments]
    return subprocess.run(  # our own command
        command, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def output_of(process: Process) -> dict[str, str]:
    assert process.returncode == 0, process.stdout + process.stderr
    output: dict[str, str] = json.loads(process.stdout.splitlines()[-1])
    return output


async def test_the_command_creates_suspends_and_deletes_a_tenant(
    committed: Committed, tmp_path: Path, tenant: UUID
) -> None:
    file = tmp_path / "tenant.json"
    file.write_text(json.dumps(NEW_TENANT))
    key = output_of(run_admin(committed, tenant, "create", str(file)))["tenant"]
    assert output_of(run_admin(committed, tenant, "suspend", key))["status"] == "SUSPENDED"
    erase = output_of(
        run_admin(committed, tenant, "--by", "wang", "erase", key, "--phones", "+8613800138000")
    )
    delete = output_of(run_admin(committed, tenant, "delete", key))
    async with committed.app.begin(UUID(key)) as tx:
        assert await tx.scalar(select(tenants.c.status)) == "DELETED"
        kinds = await tx.execute(select(outbox.c.type).order_by(outbox.c.seq.desc()).limit(2))
        assert set(kinds.scalars()) == {"org.tenant.changed.v1", "org.tenant_task.requested.v1"}
    async with committed.app.begin(tenant) as tx:
        query = select(tenant_tasks.c.id, tenant_tasks.c.requested_by)
        rows = (await tx.execute(query.order_by(tenant_tasks.c.id))).all()
        assert [(str(row.id), row.requested_by) for row in rows] == [
            (erase["task"], "wang"),
            (delete["task"], "operator"),
        ]


async def test_the_command_appoints_an_administrator(
    committed: Committed, tmp_path: Path, tenant: UUID
) -> None:
    file = tmp_path / "tenant.json"
    file.write_text(json.dumps(NEW_TENANT))
    key = output_of(run_admin(committed, tenant, "create", str(file)))["tenant"]
    admin = {"name": "管理员", "username": "root", "password": PASSWORD}
    file.write_text(json.dumps({"new_person": admin}))
    appoint = ("--by", "wang", "appoint", key)
    first = output_of(run_admin(committed, tenant, *appoint, str(file)))["administrator"]
    output_of(run_admin(committed, tenant, *appoint, "--person", first))
    async with committed.app.begin(UUID(key)) as tx:
        row = (await tx.execute(select(people.c.id, people.c.scopes))).one()
        assert (str(row.id), row.scopes) == (first, ("*",))
        query = select(audit_entries.c.actor).where(audit_entries.c.record_id == row.id)
        assert set((await tx.execute(query)).scalars()) == {"org.admin wang"}
    nobody = run_admin(committed, tenant, "appoint", key)
    assert (nobody.returncode, "Name a person" in nobody.stdout) == (2, True)


async def test_the_command_reports_why_it_failed(committed: Committed, tenant: UUID) -> None:
    for operator, arguments, message in [
        (None, ["suspend", str(tenant)], "ORG_OPERATOR_TENANT is not set."),
        (tenant, ["suspend", str(new_id())], "TENANT_NOT_FOUND"),
        (tenant, ["suspend", str(tenant)], "TENANT_OPERATES"),
        (tenant, ["delete", str(tenant)], "TENANT_OPERATES"),
        (tenant, ["create", "/nowhere.json"], "No such file"),
        (tenant, ["erase", str(tenant)], "An erasure names whom to erase"),
    ]:
        process = run_admin(committed, operator, *arguments)
        assert process.returncode == 2
        assert message in process.stdout, process.stdout + process.stderr
        assert "Traceback" not in process.stderr


async def test_a_refusal_is_a_sentence(committed: Committed, tenant: UUID) -> None:
    done = run_admin(committed, tenant, "suspend", str(new_id()))
    why = json.loads(done.stdout.splitlines()[-1])["why"]
    assert why == "There is no such tenant. (TENANT_NOT_FOUND)"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql+asyncpg://x:y@127.0.0.1:1/x", "The database of org does not answer: "),
        ("rubbish", "The URL of org's database cannot be read: "),
        ("", "ORG_DATABASE_URL is not set."),
    ],
)
def test_a_database_that_cannot_be_used_is_a_sentence(url: str, why: str) -> None:
    urls = ServiceDatabase("org", "org", url, url, url)
    done = run_on(urls, new_id(), "suspend", str(new_id()))
    assert done.returncode == 2
    assert json.loads(done.stdout.splitlines()[-1])["why"].startswith(why)
    assert "Traceback" not in done.stderr


def test_a_malformed_id_is_refused(committed: Committed, tenant: UUID) -> None:
    done = run_admin(committed, tenant, "suspend", "12")
    assert done.returncode == 2
    assert "invalid UUID value: '12'" in done.stderr
