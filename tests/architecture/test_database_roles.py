"""docker-compose gives the roles of a database the same rights as the launcher does."""

import re
from pathlib import Path

from deploy.local.databases import access_sql

ROLES = Path(__file__).parents[2] / "deploy/docker/roles.sql"


def granted_by_compose(service: str) -> list[str]:
    statements = re.findall(r"^  '(.+)',?$", ROLES.read_text(), re.MULTILINE)
    return [statement.replace("%1$s", service) for statement in statements]


def test_compose_admits_whom_the_launcher_admits() -> None:
    of_database = [each for each in access_sql("mtl") if " DATABASE " in each]
    assert granted_by_compose("mtl") == of_database
    assert "REVOKE ALL ON DATABASE mtl FROM PUBLIC" in of_database


def test_no_role_of_compose_is_more_than_a_login() -> None:
    [created] = re.findall(r"CREATE ROLE (.+?)'", ROLES.read_text())
    assert created == "%I LOGIN PASSWORD %L"
