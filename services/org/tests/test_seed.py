"""Planting a tenant from a file: whole, and once."""

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
from org.roles.domain import BUILT_IN
from org.seed import Seed, plant, read
from services.org.tests.factories import NOW
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenants

DEMO = Path(__file__).parents[3] / "deploy/demo/tenant.json"
NOBODY = {"Authorization": ""}
# The tenant, its roles, two departments, four people, a client.
PLANTED = 8 + len(BUILT_IN)
SCOPES = {role.code: role.scopes for role in BUILT_IN}
TENANT = UUID("019ab000-0000-7000-8000-000000000001")


def demo() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(DEMO.read_text())
    return found


async def outbox_rows(committed: Committed) -> Sequence[tuple[str, int, str]]:
    async with committed.worker.begin(None) as tx:
        query = select(outbox.c.type, outbox.c.aggversion, outbox.c.correlationid)
        return [(*row,) for row in await tx.execute(query.order_by(outbox.c.seq))]


async def test_the_demo_tenant_once(committed: Committed, committed_client: AsyncClient) -> None:
    seed = Seed.model_validate(demo())
    await add_tenants(committed.app, TENANT)
    assert await plant(committed.app, seed, now=NOW) == PLANTED
    planted = await outbox_rows(committed)
    assert [(kind, version) for kind, version, _ in planted] == [
        ("org.tenant.created.v1", 1),
        *[("org.role.created.v1", 1)] * len(BUILT_IN),
        *[("org.department.created.v1", 1)] * 2,
        *[("org.person.created.v1", 1)] * 4,
        *[("org.department.changed.v1", 2)] * 2,
        ("org.client.created.v1", 1),
    ]
    assert await plant(committed.app, seed, now=NOW) == 0
    assert await outbox_rows(committed) == planted
    admin = tokens.bearer(TENANT)
    assert (await committed_client.get("/tenant", headers=admin)).json()["name"] == "示例科技"
    people = (await committed_client.get("/people", headers=admin)).json()["items"]
    assert {p["username"] for p in people} == {"li.na", "wang.wei", "admin", "zhao.min"}
    query = "/departments?sort=created_at"
    root, sales = (await committed_client.get(query, headers=admin)).json()["items"]
    heads = {p["id"]: p["name"] for p in people}
    assert (root["name"], heads[root["manager_id"]]) == ("示例科技", "赵敏")
    assert (sales["parent_id"], heads[sales["manager_id"]]) == (root["id"], "王伟")


async def test_everybody_in_the_file_can_sign_in(
    committed: Committed, committed_client: AsyncClient
) -> None:
    await plant(committed.app, Seed.model_validate(demo()), now=NOW)
    file = demo()
    for person in file["people"]:
        form = {
            "grant_type": "password",
            "username": person["username"],
            "password": person["password"],
        }
        answer = await committed_client.post("/oauth/token", data=form, headers=NOBODY)
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


async def test_what_is_new_in_the_file_is_added_and_changes_are_left_alone(
    committed: Committed, committed_client: AsyncClient
) -> None:
    file = demo()
    await add_tenants(committed.app, TENANT)
    await plant(committed.app, Seed.model_validate(file), now=NOW)
    admin = tokens.bearer(TENANT)
    await committed_client.patch("/tenant", json={"name": "Renamed"}, headers=admin)
    newcomer = {"id": "019ab000-0000-7000-8000-000000000199", "name": "新人"}
    file["people"].append(newcomer)
    assert await plant(committed.app, Seed.model_validate(file), now=NOW) == 1
    assert (await committed_client.get("/tenant", headers=admin)).json()["name"] == "Renamed"
    assert len(await outbox_rows(committed)) == PLANTED + 4


def run(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "L2C_MODE": "development", "ORG_DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "-m", "org.seed", str(file)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_the_command(committed: Committed) -> None:
    for added in (PLANTED, 0):
        done = run(DEMO, committed.urls.app_url)
        assert done.returncode == 0, done.stdout + done.stderr
        said = json.loads(done.stdout)
        assert (said["event"], said["added"], said["tenant"]) == ("seeded", added, str(TENANT))
    rows = await outbox_rows(committed)
    assert len(rows) == PLANTED + 2
    assert len({correlation for *_, correlation in rows}) == 1


def flawed(tmp_path: Path) -> Path:
    file = demo()
    file["tenant"]["timezone"] = "Mars/Olympus"
    file["people"][0]["password"] = "tiny"
    path = tmp_path / "flawed.json"
    path.write_text(json.dumps(file))
    return path


def test_all_flaws_of_a_file_are_named_and_no_value(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"tenant\.timezone: .*; people\.0\.password: ") as found:
        read(flawed(tmp_path))
    assert "tiny" not in str(found.value)
    assert "Mars" not in str(found.value)
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(ValueError, match="JSON"):
        read(broken)


async def test_a_file_that_is_refused_leaves_nothing(committed: Committed) -> None:
    file = demo()
    file["people"][1]["username"] = "LI.NA"
    with pytest.raises(Invalid) as refused:
        await plant(committed.app, Seed.model_validate(file), now=NOW)
    assert [v.code for v in refused.value.violations] == ["USERNAME_TAKEN"]
    assert await outbox_rows(committed) == []


def test_the_command_says_in_a_line_why_not() -> None:
    done = run(DEMO, "")
    assert done.returncode == 2
    said = json.loads(done.stdout)
    assert (said["event"], said["why"]) == ("seed_refused", ["ORG_DATABASE_URL is not set."])
    assert done.stderr == ""


@pytest.mark.parametrize("person", demo()["people"])
def test_the_demos_people_have_roles(person: dict[str, Any]) -> None:
    assert person["role"] in {"seller", "manager", "director", "admin"}


async def test_a_role_nobody_knows_is_refused(committed: Committed) -> None:
    file = demo()
    file["people"][0]["roles"] = ["EMPEROR"]
    with pytest.raises(ValueError, match="no such roles: EMPEROR"):
        await plant(committed.app, Seed.model_validate(file), now=NOW)
    assert await outbox_rows(committed) == []
