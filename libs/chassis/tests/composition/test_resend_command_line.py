"""`events resend` and `events resends` on the database of the sample service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from chassis.composition.all_commands import main
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import write_versions
from libs.chassis.tests.events.relay.resending import LONG_AGO, relay_of, sequences
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed
from testkit.tenants import add_tenants

SINCE = LONG_AGO.isoformat()
Command = Callable[..., Awaitable[tuple[int, str, str]]]


@pytest.fixture
def command(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run `events ...`; returns the exit code, the output and the errors."""
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("TESTKIT_WORKER_DATABASE_URL", committed.urls.worker_url)

    def run(arguments: tuple[str, ...]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chassis", "events", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capsys.readouterr()

    return lambda *arguments: asyncio.to_thread(run, arguments)


async def test_the_events_of_all_tenants_are_sent_again(
    committed: Committed, command: Command, tenant: UUID
) -> None:
    other = new_id()
    await add_tenants(committed.app, other)
    notes = [await write_versions(committed.app, one, versions=2) for one in (tenant, other)]
    await relay_of(committed, RecordingTransport()).drain()
    code, output, _ = await command("resend", "testkit", "--since", SINCE, "--by", "ann")
    assert (code, output) == (
        0,
        "The relay sends 4 events of 2 tenants again; `resends` shows its progress.\n",
    )
    waiting = json.loads((await command("resends", "testkit", "--json"))[1])
    assert [row["finished"] for row in waiting] == ["no", "no"]
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    assert sequences(transport.delivered) == {note.id: [1, 2] for note in notes}
    rows = json.loads((await command("resends", "testkit", "--json"))[1])
    assert {row["tenant"] for row in rows} == {str(tenant), str(other)}
    shown = {(r["topic"], r["events"], r["sent"], r["quarantined"], r["by"]) for r in rows}
    assert shown == {("all", 2, 2, 0, "ann")}
    assert all(row["finished"] != "no" for row in rows)
    code, output, _ = await command("resends", "testkit")
    assert str(tenant) in output


async def test_wrong_arguments_are_refused_with_a_sentence(command: Command) -> None:
    code, _, errors = await command("resend", "testkit", "--since", "yesterday")
    assert code == 2
    assert "write 2026-11-22T08:00:00Z" in " ".join(errors.split())
    code, _, errors = await command("resend", "testkit", "--since", "2026-11-22T08:00:00")
    assert code == 2
    code, _, errors = await command("resend", "testkit.nothing", "--since", SINCE)
    assert (code, errors.startswith("/topic: ")) == (1, True)
    assert await command("resends", "testkit") == (0, "No events were sent again.\n", "")


async def test_a_request_is_cancelled(committed: Committed, command: Command, tenant: UUID) -> None:
    await write_versions(committed.app, tenant, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    await command("resend", "testkit", "--since", SINCE)
    (row,) = json.loads((await command("resends", "testkit", "--json"))[1])
    code, output, _ = await command("resends", "testkit", "--cancel", row["id"], "--by", "ann")
    assert (code, output) == (0, "Cancelled for 1 tenants.\n")
    (row,) = json.loads((await command("resends", "testkit", "--json"))[1])
    assert (row["finished"], row["sent"]) == ("cancelled", 0)
    code, _, errors = await command("resends", "testkit", "--cancel", str(new_id()))
    assert (code, "EVENT_RESEND_NOT_FOUND" in errors) == (1, True)
