"""Seeding a tenant from a file, completely and only once."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from kernel.errors import Invalid
from org.roles.domain.built_in import BUILT_IN_ROLES
from org.seed import Seed, read_seed, seed_tenant
from services.org.tests.factories import NOW
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenants

DEMO = Path(__file__).parents[3] / "deploy/demo/tenant.json"
ANONYMOUS = {"Authorization": ""}
# The tenant, its roles, two departments, four people and a client.
RECORD_COUNT = 8 + len(BUILT_IN_ROLES)
SCOPES = {role.code: role.scopes for role in BUILT_IN_ROLES}
TENANT = UUID("019ab000-0000-7000-8000-000000000001")


def demo_file() -> dict[str, Any]:
    error: dict[str, Any] = json.loads(DEMO.read_text())
    return error


async def outbox_rows(committed: Committed) -> Sequence[tuple[str, int, str]]:
    async with committed.worker.begin(None) as tx:
        query = select(outbox.c.type, outbox.c.aggversion, outbox.c.correlationid)
        return [(*row,) for row in await tx.execute(query.order_by(outbox.c.seq))]


async def test_the_demo_tenant_is_seeded_once(
    committed: Committed, committed_client: AsyncClient
) -> None:
    seed = Seed.model_validate(demo_file())
    await add_tenants(committed.app, TENANT)
    assert await seed_tenant(committed.app, seed, now=NOW) == RECORD_COUNT
    rows = await outbox_rows(committed)
    assert [(kind, version) for kind, version, _ in rows] == [
        ("org.tenant.created.v1", 1),
        *[("org.role.created.v1", 1)] * len(BUILT_IN_ROLES),
        *[("org.department.created.v1", 1)] * 2,
        *[("org.person.created.v1", 1)] * 4,
        *[("org.department.changed.v1", 2)] * 2,
        ("org.client.created.v1", 1),
    ]
    assert await seed_tenant(committed.app, seed, now=NOW) == 0
    assert await outbox_rows(committed) == rows
    admin = tokens.bearer(TENANT)
    assert (await committed_client.get("/tenant", headers=admin)).json()["name"] == "示例科技"
    people = (await committed_client.get("/people", headers=admin)).json()["items"]
    assert {p["username"] for p in people} == {"li.na", "wang.wei", "admin", "zhao.min"}
    query = "/departments?sort=created_at"
    root, sales = (await committed_client.get(query, headers=admin)).json()["items"]
    heads = {p["id"]: p["name"] for p in people}
    assert (root["name"], heads[root["manager_id"]]) == ("示例科技", "赵敏")
    assert (sales["parent_id"], heads[sales["manager_id"]]) == (root["id"], "王伟")


async def test_all_people_and_clients_of_the_file_can_sign_in(
    committed: Committed, committed_client: AsyncClient
) -> None:
    await seed_tenant(committed.app, Seed.model_validate(demo_file()), now=NOW)
    file = demo_file()
    for person in file["people"]:
        form = {
            "grant_type": "password",
            "username": person["username"],
            "password": person["password"],
        }
        answer = await committed_client.post("/oauth/token", data=form, headers=ANONYMOUS)
        [code] = person["roles"]
        assert answer.json()["scope"].split() == list(SCOPES[code])
    [client] = file["clients"]
    answer = await committed_client.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(client["client_id"], client["secret"]),
    )
    scopes = answer.json()["scope"].split()
    assert [s for s in scopes if not s.endswith(".read")] == ["rms.payment.write"]


async def test_new_records_are_added_and_existing_ones_stay(
    committed: Committed, committed_client: AsyncClient
) -> None:
    file = demo_file()
    await add_tenants(committed.app, TENANT)
    await seed_tenant(committed.app, Seed.model_validate(file), now=NOW)
    admin = tokens.bearer(TENANT)
    await committed_client.patch("/tenant", json={"name": "Renamed"}, headers=admin)
    newcomer = {"id": "019ab000-0000-7000-8000-000000000199", "name": "新人"}
    file["people"].append(newcomer)
    assert await seed_tenant(committed.app, Seed.model_validate(file), now=NOW) == 1
    assert (await committed_client.get("/tenant", headers=admin)).json()["name"] == "Renamed"
    assert len(await outbox_rows(committed)) == RECORD_COUNT + 4


def run_seed(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "L2C_MODE": "development", "ORG_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "org.seed", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_the_command_seeds_once(committed: Committed) -> None:
    for added in (RECORD_COUNT, 0):
        process = run_seed(DEMO, committed.urls.app_url)
        assert process.returncode == 0, process.stdout + process.stderr
        line = json.loads(process.stdout)
        assert (line["event"], line["added"], line["tenant"]) == ("seeded", added, str(TENANT))
    rows = await outbox_rows(committed)
    assert len(rows) == RECORD_COUNT + 2
    assert len({correlation for *_, correlation in rows}) == 1


def invalid_file(tmp_path: Path) -> Path:
    file = demo_file()
    file["tenant"]["timezone"] = "Mars/Olympus"
    file["people"][0]["password"] = "tiny"
    path = tmp_path / "flawed.json"
    path.write_text(json.dumps(file))
    return path


def test_all_errors_of_a_file_are_listed_without_values(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"tenant\.timezone: .*; people\.0\.password: ") as error:
        read_seed(invalid_file(tmp_path))
    assert "tiny" not in str(error.value)
    assert "Mars" not in str(error.value)
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(ValueError, match="JSON"):
        read_seed(broken)


async def test_a_refused_file_leaves_nothing(committed: Committed) -> None:
    file = demo_file()
    file["people"][1]["username"] = "LI.NA"
    with pytest.raises(Invalid) as refused:
        await seed_tenant(committed.app, Seed.model_validate(file), now=NOW)
    assert [v.code for v in refused.value.violations] == ["USERNAME_TAKEN"]
    assert await outbox_rows(committed) == []


def test_the_command_reports_its_failure_in_one_line() -> None:
    process = run_seed(DEMO, "")
    assert process.returncode == 2
    line = json.loads(process.stdout)
    assert (line["event"], line["why"]) == ("seed_refused", ["ORG_DATABASE_URL is not set."])
    assert process.stderr == ""


@pytest.mark.parametrize("person", demo_file()["people"])
def test_the_demos_people_have_roles(person: dict[str, Any]) -> None:
    assert person["role"] in {"seller", "manager", "director", "admin"}


async def test_an_unknown_role_is_refused(committed: Committed) -> None:
    file = demo_file()
    file["people"][0]["roles"] = ["EMPEROR"]
    with pytest.raises(ValueError, match="no such roles: EMPEROR"):
        await seed_tenant(committed.app, Seed.model_validate(file), now=NOW)
    assert await outbox_rows(committed) == []
