"""The service as a whole: its schema, its settings, and its routes in each mode."""

from pathlib import Path

import pytest
from argon2 import Type
from fastapi import FastAPI
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from chassis.database.migrate import drift
from org.app import create
from org.database import WITHOUT_TENANT
from org.logins.actions import HASHERS
from org.logins.store import login_tries, logins
from org.settings import OrgSettings
from org.worker import WORKER
from services.org.tests.factories import write_key
from testkit.databases import ServiceDatabase
from testkit.plugin import Committed
from testkit.production import set_secrets


async def test_models_and_migrated_schema_agree(service_database: ServiceDatabase) -> None:
    assert await drift("org", service_database.owner_url) == []


async def test_database_roles_have_limited_rights_on_logins(committed: Committed) -> None:
    assert WITHOUT_TENANT.keys() == {"logins", "login_tries", "password_links"}
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with committed.app.begin(None) as tx:
            await tx.execute(delete(logins))
    for statement in (update(logins).values(active=True), select(login_tries)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with committed.worker.begin(None) as tx:
                await tx.execute(statement)


def test_org_subscribes_to_its_own_directory_events() -> None:
    """Org keeps a replica of its own directory, so visibility reads the same tables everywhere."""
    names = [subscription.name for subscription in WORKER.subscriptions]
    assert (WORKER.service, names[:2]) == ("org", ["org.tenants", "org.directory"])


def issuer_paths(app: FastAPI) -> set[str]:
    return {p for p in app.openapi()["paths"] if "oauth" in p or "well-known" in p}


def test_the_issuer_routes_exist_only_with_the_issuer(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(issuer_paths(create())) == 4
    monkeypatch.setenv("ORG_DEV_ISSUER", "false")
    monkeypatch.delenv("ORG_SIGNING_KEY_FILE")
    assert issuer_paths(create()) == set()


def test_the_development_issuer_is_refused_in_production(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORG_HASH_COST")
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    with pytest.raises(ValueError, match=r"^ORG_DEV_ISSUER must not be true in production: .*\.$"):
        create()
    monkeypatch.setenv("ORG_DEV_ISSUER", "false")
    assert issuer_paths(create()) == set()


def test_password_hashes_are_strong_unless_a_test_makes_them_fast(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORG_HASH_COST", raising=False)
    settings = OrgSettings.of()
    assert settings.hash_cost == "strong"
    strong = HASHERS[settings.hash_cost]
    assert (strong.type, strong.time_cost, strong.memory_cost) == (Type.ID, 3, 65_536)
    monkeypatch.setenv("ORG_HASH_COST", "fast")
    monkeypatch.setenv("ORG_DEV_ISSUER", "false")
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    with pytest.raises(ValueError, match=r"^ORG_HASH_COST must not be 'fast' in production"):
        OrgSettings.of()


@pytest.mark.parametrize("path", ["", "/nowhere/key.pem"])
def test_the_development_issuer_needs_a_key_file(
    environment: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setenv("ORG_SIGNING_KEY_FILE", path)
    with pytest.raises(ValueError, match="ORG_DEV_ISSUER=true needs ORG_SIGNING_KEY_FILE"):
        create()


def test_retired_keys_are_read_and_published(
    environment: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old = [write_key(tmp_path / name) for name in ("a.pem", "b.pem")]
    monkeypatch.setenv("ORG_RETIRED_KEY_FILES", ",".join(map(str, old)))
    assert OrgSettings.of().retired_key_files == tuple(old)
    assert len(create().state.issuer.keys.jwks()["keys"]) == 3
