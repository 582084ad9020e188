"""`python -m chassis keys ...` on the database of a service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import insert, select

from chassis.composition.all_commands import main
from chassis.database.backbone_tables import consumer_counts, jobs
from chassis.tenancy.key_rotation import ROTATION_JOB
from services.mtl.tests.factories import create
from testkit.encryption_keys import encryption_keys, key_named
from testkit.plugin import Committed

OLD, NEW = key_named("old", 1), key_named("new", 2)
Command = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def command(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `keys ...`; returns the exit code, the output and the errors."""
    monkeypatch.setenv("MTL_WORKER_DATABASE_URL", committed.urls.worker_url)

    def run(arguments: tuple[str, ...]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chassis", "keys", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return lambda *arguments: asyncio.to_thread(run, arguments)


async def know(committed: Committed, tenant: UUID) -> None:
    """Let the service know the tenant, as after its first event."""
    async with committed.worker.begin(tenant) as tx:
        counted = {"subscription": "mtl.tenants", "generation": 1}
        counted |= {"topic": "org.tenant.v1", "partition": 0}
        await tx.execute(insert(consumer_counts).values(**counted))


async def status(command: Command) -> dict[tuple[str, str], tuple[str, str]]:
    code, output, _ = await command("status", "mtl", "--json")
    assert code == 0
    return {(r["column"], r["key"]): (r["values"], r["state"]) for r in json.loads(output)}


async def test_the_keys_in_use_are_shown_and_rotated(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, command: Command
) -> None:
    assert (await command("status", "mtl"))[1] == "No value is encrypted.\n"
    await know(committed, tenant)
    with encryption_keys(OLD):
        await create(committed_client, phone="13800138000")
    with encryption_keys(NEW, OLD):
        await create(committed_client, phone="13800138001", email="a@example.com")
        assert await status(command) == {
            ("mtl.lead.phone", "old"): ("1", "old"),
            ("mtl.lead.phone", "new"): ("1", "current"),
            ("mtl.lead.email", "new"): ("1", "current"),
            ("audit of mtl.lead.phone", "old"): ("1", "old"),
            ("audit of mtl.lead.phone", "new"): ("1", "current"),
            ("audit of mtl.lead.email", "new"): ("1", "current"),
        }
        code, output, _ = await command("rotate", "mtl", "--by", "ann")
        assert (code, "the values of 1 tenants with the key new" in output) == (0, True)
        assert "1 tenants are being rotated." in (await command("status", "mtl"))[1]
    async with committed.worker.begin(tenant) as tx:
        found = select(jobs.c.payload, jobs.c.actor).where(jobs.c.kind == ROTATION_JOB)
        assert (await tx.execute(found)).all() == [({"key": "new"}, "operator:ann")]
    with encryption_keys(NEW):
        shown = await status(command)
        missing = ("1", "MISSING: its values cannot be read")
        assert shown["mtl.lead.phone", "old"] == missing
        assert shown["audit of mtl.lead.phone", "old"] == missing


async def test_a_service_without_encrypted_columns_has_nothing_to_rotate(
    command: Command,
) -> None:
    assert (await command("rotate", "rms"))[:2] == (0, "rms has no encrypted columns.\n")
