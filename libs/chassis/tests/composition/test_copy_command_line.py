"""`events snapshot`, `events rebuild` and their lists on the database of the sample service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.composition.all_commands import main
from chassis.composition.worker import Worker
from chassis.events.consumer.processing import Processor
from chassis.records.audit.tables import audit_entries
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Partition
from libs.chassis.tests.events.rebuilds.generations import NOTES, ListLog, build, copied
from testkit.plugin import Committed

Command = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def command(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `events ...`; returns the exit code, the output and the errors."""
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("TESTKIT_WORKER_DATABASE_URL", committed.urls.worker_url)
    worker = SimpleNamespace(WORKER=Worker("testkit", (NOTES,)))
    monkeypatch.setitem(sys.modules, "testkit.worker", worker)

    def run(arguments: tuple[str, ...]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chassis", "events", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return lambda *arguments: asyncio.to_thread(run, arguments)


async def consumed(committed: Committed, *tenants: UUID) -> list[bytes]:
    """Consume a note of each tenant, so that the service knows the tenants; return the log."""
    records = [Partition(tenant, n).note(new_id(), 1) for n, tenant in enumerate(tenants)]
    await Processor(NOTES, committed.worker).apply(records)
    return [record.value for record in records]


async def rows_of(command: Command, name: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads((await command(name, "testkit", "--json"))[1])
    return rows


async def test_a_snapshot_is_requested_for_every_tenant(
    committed: Committed, command: Command, tenant: UUID
) -> None:
    assert (await command("snapshots", "testkit"))[1] == "No snapshot was requested.\n"
    other = new_id()
    await consumed(committed, tenant, other)
    code, output, _ = await command("snapshot", "testkit.card", "--rate", "50", "--by", "ann")
    assert (code, "of 2 tenants" in output) == (0, True)
    rows = await rows_of(command, "snapshots")
    assert {row["tenant"] for row in rows} == {str(tenant), str(other)}
    (snapshot_id,) = {row["id"] for row in rows}
    assert snapshot_id in output
    assert {(r["status"], r["published"], r["total"], r["by"]) for r in rows} == {
        ("RUNNING", "0", "?", "ann")
    }
    code, _, errors = await command("snapshot", "testkit.card")
    assert (code, "SNAPSHOT_RUNNING" in errors) == (1, True)
    code, _, errors = await command("snapshot", "testkit.deck")
    assert (code, errors.startswith("/aggregate: ")) == (1, True)


async def test_a_replica_is_rebuilt_for_every_tenant(
    committed: Committed, command: Command, tenant: UUID
) -> None:
    assert (await command("rebuilds", "testkit"))[1] == "No rebuild was requested.\n"
    code, _, errors = await command("rebuild", "testkit.notes")
    assert (code, "nothing to rebuild" in errors) == (1, True)
    other = new_id()
    values = await consumed(committed, tenant, other)
    code, output, _ = await command("rebuild", "testkit.notes", "--by", "ann")
    assert (code, "of 2 tenants" in output) == (0, True)
    assert {row["status"] for row in await rows_of(command, "rebuilds")} == {"READING"}
    code, _, errors = await command("rebuild", "testkit.notes", "--tenant", str(other))
    assert (code, "REBUILD_RUNNING" in errors) == (1, True)
    assert await build(committed.worker, ListLog(values)) == 2
    rows = await rows_of(command, "rebuilds")
    assert {(r["status"], r["read"], r["total"], r["by"]) for r in rows} == {
        ("FINISHED", "2", "2", "ann")
    }
    async with committed.app.begin(other) as tx:
        query = select(audit_entries).where(audit_entries.c.resource == "testkit.replica_rebuild")
        entries = (await tx.execute(query.order_by(audit_entries.c.id))).all()
    assert [(e.verb, e.actor) for e in entries] == [
        ("INSERT", "operator:ann"),
        ("UPDATE", "operator:ann"),
    ]
    assert len(await copied(committed.worker, other)) == 1


async def test_an_unknown_replica_is_refused_with_those_that_exist(command: Command) -> None:
    code, _, errors = await command("rebuild", "testkit.cards")
    assert (code, "testkit.notes" in errors) == (1, True)
    code, _, errors = await command("rebuild", "insight.notes")
    assert (code, errors) == (1, "There is no service 'insight'.\n")


@pytest.mark.parametrize("kind", ["snapshot", "rebuild"])
async def test_the_runs_of_all_tenants_are_cancelled_by_their_id(
    committed: Committed, command: Command, tenant: UUID, kind: str
) -> None:
    other, lists = new_id(), f"{kind}s"
    await consumed(committed, tenant, other)
    start = ("snapshot", "testkit.card") if kind == "snapshot" else ("rebuild", "testkit.notes")
    await command(*start)
    (run_id,) = {row["id"] for row in await rows_of(command, lists)}
    cancel = (lists, "testkit", "--cancel", run_id, "--by", "ann", "--note", "not needed")
    code, output, _ = await command(*cancel, "--tenant", str(other))
    assert (code, output) == (0, "Cancelled for 1 tenants.\n")
    assert {row["tenant"]: row["status"] for row in await rows_of(command, lists)} == {
        str(tenant): "RUNNING" if kind == "snapshot" else "READING",
        str(other): "CANCELLED",
    }
    for _ in range(2):  # cancelling again changes nothing
        assert (await command(*cancel))[:2] == (0, "Cancelled for 2 tenants.\n")
    async with committed.app.begin(other) as tx:
        entries = (await tx.execute(select(audit_entries).order_by(audit_entries.c.id))).all()
    audited = [(e.verb, e.actor, e.reason) for e in entries if str(e.record_id) == run_id]
    assert audited == [
        ("INSERT", "operator:operator", None),
        ("UPDATE", "operator:ann", "not needed"),
    ]
    code, _, errors = await command(lists, "testkit", "--cancel", str(new_id()))
    assert (code, f"{kind.upper()}_NOT_FOUND" in errors) == (1, True)


async def test_a_rebuild_that_is_done_is_not_cancelled(
    committed: Committed, command: Command, tenant: UUID
) -> None:
    values = await consumed(committed, tenant)
    await command("rebuild", "testkit.notes")
    await build(committed.worker, ListLog(values))
    (row,) = await rows_of(command, "rebuilds")
    code, _, errors = await command("rebuilds", "testkit", "--cancel", row["id"])
    assert (code, "RUN_ENDED" in errors) == (1, True)
    assert await rows_of(command, "rebuilds") == [row]
