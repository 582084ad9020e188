"""The service as a whole: its schema, its settings, and what is there in which mode."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from chassis.database.migrate import drift
from org.app import create
from org.database import WITHOUT_TENANT
from org.logins.store import login_tries, logins
from org.settings import OrgSettings
from org.worker import WORKER
from services.org.tests.factories import write_key
from testkit.databases import ServiceDatabase
from testkit.plugin import Committed


async def test_code_and_schema_agree(service_database: ServiceDatabase) -> None:
    assert await drift("org", service_database.owner_url) == []


async def test_what_the_roles_may_do_with_logins(committed: Committed) -> None:
    assert WITHOUT_TENANT.keys() == {"logins", "login_tries", "password_links"}
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with committed.app.begin(None) as tx:
            await tx.execute(delete(logins))
    for statement in (update(logins).values(active=True), select(login_tries)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with committed.worker.begin(None) as tx:
                await tx.execute(statement)


def test_org_keeps_a_copy_of_its_own_directory() -> None:
    """Row scope asks the same tables in every service."""
    heard = [subscription.name for subscription in WORKER.subscriptions]
    assert (WORKER.service, heard[:2]) == ("org", ["org.tenants", "org.directory"])


def issuer_paths(app: FastAPI) -> set[str]:
    return {p for p in app.openapi()["paths"] if "oauth" in p or "well-known" in p}


def test_without_the_issuer_its_routes_are_not_there(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(issuer_paths(create())) == 3
    monkeypatch.setenv("ORG_DEV_ISSUER", "false")
    monkeypatch.delenv("ORG_SIGNING_KEY_FILE")
    assert issuer_paths(create()) == set()


def test_no_issuer_in_production(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    monkeypatch.setenv("L2C_SECRET", "a real one, of 32 characters at least")
    with pytest.raises(ValueError, match=r"^ORG_DEV_ISSUER must not be true in production: .*\.$"):
        create()
    monkeypatch.setenv("ORG_DEV_ISSUER", "false")
    assert issuer_paths(create()) == set()


@pytest.mark.parametrize("path", ["", "/nowhere/key.pem"])
def test_no_issuer_without_a_key(
    environment: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("ORG_SIGNING_KEY_FILE", path)
    with pytest.raises(ValueError, match="ORG_DEV_ISSUER=true needs ORG_SIGNING_KEY_FILE"):
        create()


def test_keys_that_go_round(
    environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = [write_key(tmp_path / name) for name in ("a.pem", "b.pem")]
    monkeypatch.setenv("ORG_RETIRED_KEY_FILES", ",".join(map(str, old)))
    assert OrgSettings.of().retired_key_files == tuple(old)
    assert len(create().state.issuer.keys.jwks()["keys"]) == 3
