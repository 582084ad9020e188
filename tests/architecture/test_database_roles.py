"""docker-compose makes the roles of the launcher, and both let in the same ones."""

import re
from pathlib import Path

from chassis.database.access import ROLE_KINDS, access_sql, server_sql
from deploy.local.databases import URLS
from deploy.services import SERVICES

ROOT = Path(__file__).parents[2]
SERVICE = (ROOT / "deploy/docker/service.sql").read_text()


def test_only_the_roles_of_a_service_are_let_in() -> None:
    assert access_sql("mtl")[:3] == [
        "ALTER DATABASE mtl OWNER TO mtl_owner",
        "REVOKE ALL ON DATABASE mtl FROM PUBLIC",
        "GRANT CONNECT ON DATABASE mtl TO mtl_app, mtl_worker",
    ]
    assert set(URLS.values()) == set(ROLE_KINDS)


def test_no_role_of_a_service_may_connect_to_the_databases_of_the_server() -> None:
    assert server_sql() == ["REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC"]


def test_compose_runs_the_statements_of_the_launcher_for_every_service() -> None:
    roles = (ROOT / "deploy/docker/roles.sql").read_text()
    assert "\n\\ir access/server.sql\n" in roles
    made = re.findall(r"^\\set service (\w+)\n\\ir access/service\.sql$", roles, re.MULTILINE)
    assert sorted(made) == sorted(SERVICES)
    assert SERVICE.endswith("\\connect :database\n\\ir access.sql\n")
    mounted = (ROOT / "docker-compose.yml").read_text()
    sql = ("access.sql", "server.sql")
    shared = [f"libs/chassis/src/chassis/database/{name}" for name in sql]
    for place in ("deploy/docker/service.sql", *shared):
        assert f"./{place}:/docker-entrypoint-initdb.d/access/{Path(place).name}:ro" in mounted
        assert (ROOT / place).is_file()


def test_no_role_of_compose_is_more_than_a_login() -> None:
    created = re.findall(r"^CREATE ROLE (.+);$", SERVICE, re.MULTILINE)
    assert created == [f":{kind} LOGIN PASSWORD 'l2c'" for kind in ROLE_KINDS]
