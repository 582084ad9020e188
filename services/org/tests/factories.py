"""Objects and records that the tests of org start from."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from httpx import AsyncClient, Response
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import to_columns
from chassis.web.commands import Command
from kernel.ids import new_id
from org.logins.domain import Login, LoginKind
from org.people.domain import new_person
from org.people.store import people
from org.tenants.actions import create_tenant
from org.tenants.domain import Tenant
from org.tokens.domain import TokenSubject
from testkit import tokens
from testkit.tenants import add_tenant

ISSUER = "https://org.test/org/v1"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PASSWORD = "correct horse"
CALLER_NAME = "测试"


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_key(path: Path) -> Path:
    """Write a new EC P-256 key to a PEM file."""
    path.write_bytes(private_pem(ec.generate_private_key(ec.SECP256R1())))
    return path


def a_tenant(**changes: Any) -> Tenant:
    values: dict[str, Any] = {
        "id": new_id(),
        "name": "示例科技",
        "timezone": "Asia/Shanghai",
        "currency": "CNY",
        "languages": ("zh-CN", "en"),
        "default_tax_rate": Decimal("0.13"),
        "country": "CN",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Tenant(**{**values, **changes})


async def store_tenant(tx: AsyncConnection, tenant_id: UUID) -> Tenant:
    """Store the tenant of the transaction with its settings."""
    return await create_tenant(Command(tx, NOW), a_tenant(id=tenant_id))


def a_login(**changes: Any) -> Login:
    values: dict[str, Any] = {
        "login": "li.na",
        "kind": LoginKind.PERSON,
        "tenant_id": new_id(),
        "subject_id": new_id(),
        "secret_hash": "...",
    }
    return Login(**{**values, **changes})


def a_token_subject(*scopes: str) -> TokenSubject:
    """Return a token subject, by default with the scopes of a seller."""
    return TokenSubject("s1", "李娜", frozenset(scopes or ("mtl.lead.read", "rms.*")))


async def prepare_tenant(tx: AsyncConnection, *subjects: str) -> None:
    """Store what org's requests need: the tenant's settings, and callers who hold every scope.

    Commands that grant rights ask for what the caller holds in org's tables, besides the token.
    """
    await add_tenant(tx)
    await add_callers(tx, *subjects or (tokens.CALLER,))


async def add_callers(tx: AsyncConnection, *subjects: str) -> None:
    """Store people with these subjects, which are their ids, who hold every scope."""
    for subject in subjects:
        caller = new_person(UUID(subject), name=CALLER_NAME, scopes=("*",), now=NOW)
        await tx.execute(insert(people).values(to_columns(people, caller)).on_conflict_do_nothing())


async def create_person(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    """Create a person who can sign in."""
    body = {
        "name": "李娜",
        "username": "li.na",
        "password": PASSWORD,
        "scopes": ["mtl.lead.read", "mtl.lead.write"],
        **changes,
    }
    return created(await client.post("/people", json=body))


async def create_client(client: AsyncClient, **changes: Any) -> dict[str, Any]:
    """Create a service client; return it with its secret."""
    body = {
        "name": "ERP",
        "client_id": "erp-demo",
        "scopes": ["rms.order.read", "rms.payment.write"],
        **changes,
    }
    return created(await client.post("/clients", json=body))


async def add_person(client: AsyncClient, name: str = "王伟", **changes: Any) -> dict[str, Any]:
    """Create a person without a login."""
    return created(await client.post("/people", json={"name": name, **changes}))


async def create_department(
    client: AsyncClient, name: str = "销售部", **changes: Any
) -> dict[str, Any]:
    return created(await client.post("/departments", json={"name": name, **changes}))


async def create_role(client: AsyncClient, code: str, *scopes: str) -> dict[str, Any]:
    body = {"code": code, "name": code.title(), "scopes": scopes}
    return created(await client.post("/roles", json=body))


def created(answer: Response) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def codes(answer: Response) -> set[tuple[str, str]]:
    """Return the pointers and codes of the violations of a refused request."""
    return {(error["pointer"], error["code"]) for error in answer.json()["errors"]}
