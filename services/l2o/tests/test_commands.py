"""`python -m chassis events ...` on the database of a service."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from chassis.composition.all_commands import main
from chassis.database.backbone_tables import parked_events, parked_keys, quarantined_events
from kernel.ids import new_id
from testkit.plugin import Committed

LONG = "the account is unknown " * 20


@dataclass(frozen=True)
class Answer:
    """How a command ended, and what it printed."""

    code: int
    output: str
    errors: str


Command = Callable[..., Awaitable[Answer]]


@pytest.fixture
def command(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command as in a narrow terminal, on this test's database."""
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("L2O_WORKER_DATABASE_URL", committed.urls.worker_url)
    monkeypatch.setenv("L2O_OWNER_DATABASE_URL", committed.urls.owner_url)
    monkeypatch.delenv("KAFKA_BOOTSTRAP", raising=False)

    def run(arguments: tuple[str, ...]) -> Answer:
        monkeypatch.setattr(sys, "argv", ["chassis", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Answer(ended.value.code, *capsys.readouterr())

    return lambda *arguments: asyncio.to_thread(run, arguments)


async def park(committed: Committed, tenant: UUID) -> str:
    parked_id = new_id()
    place = {"subscription": "l2o.conversions", "key": f"{tenant}:{parked_id}"}
    async with committed.app.begin(tenant) as tx:
        await tx.execute(insert(parked_keys).values(**place))
        await tx.execute(
            insert(parked_events).values(
                id=parked_id,
                topic="mtl.lead.v1",
                partition=0,
                envelope={"type": "mtl.lead.converted.v1"},
                reason="FAILED",
                error=LONG,
                **place,
            )
        )
    return str(parked_id)


async def test_a_parked_event_is_listed_in_whole(
    command: Command, committed: Committed, tenant: UUID
) -> None:
    empty = await command("events", "parked", "l2o")
    assert (empty.code, empty.output) == (0, "No event is parked.\n")
    parked_id = await park(committed, tenant)
    [head, line] = (await command("events", "parked", "l2o")).output.splitlines()
    assert head.split() == ["id", "tenant", "subscription", "type", "reason", "attempts", "error"]
    assert line.split()[:2] == [parked_id, str(tenant)]
    assert line.endswith(LONG.strip())
    [row] = json.loads((await command("events", "parked", "l2o", "--json")).output)
    assert (row["id"], row["error"]) == (parked_id, LONG)


async def test_a_parked_event_is_retried_and_skipped(
    command: Command, committed: Committed, tenant: UUID
) -> None:
    parked_id = await park(committed, tenant)
    assert (await command("events", "redrive", "l2o", parked_id, "--by", "wang")).code == 0
    assert (await command("events", "skip", "l2o", parked_id, "a duplicate")).code == 0
    async with committed.worker.begin(tenant) as tx:
        row = (await tx.execute(select(parked_events))).one()
    assert (row.status, row.note) == ("SKIPPED", "a duplicate")
    done = await command("events", "redrive", "l2o", parked_id)
    assert (done.code, done.errors) == (
        1,
        "The event has already been skipped. (PARKED_EVENT_SKIPPED)\n",
    )


async def test_quarantined_keys_are_listed_and_given_up(
    command: Command, committed: Committed, tenant: UUID
) -> None:
    key = f"{tenant}:{new_id()}"
    async with committed.worker.begin(tenant) as tx:
        values = {"seq": 1, "key": key, "bucket": 0, "reason": "too large"}
        await tx.execute(insert(quarantined_events).values(**values))
    [_, line] = (await command("events", "quarantined", "l2o")).output.splitlines()
    assert line.split()[:2] == [key, "1"]
    assert json.loads((await command("events", "quarantined", "l2o", "--json")).output)
    given_up = await command("events", "quarantined-skip", "l2o", key)
    assert (given_up.code, given_up.output) == (0, f"1 events of {key} will never be sent.\n")
    again = await command("events", "quarantined-skip", "l2o", key)
    assert (again.code, again.errors) == (
        1,
        f"No event of the key {key} is quarantined in l2o.\n",
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("events parked nowhere", 2, "There is no service 'nowhere'"),
        ("api nowhere", 2, "There is no service 'nowhere'"),
        ("worker nowhere", 2, "There is no service 'nowhere'"),
        ("migrate nowhere", 2, "There is no service 'nowhere'"),
        ("events redrive l2o 12", 2, "valid UUID"),
        (f"events redrive l2o {UUID(int=1)}", 1, "The parked event does not exist."),
        (f"events skip l2o {UUID(int=1)} why", 1, "The parked event does not exist."),
        ("events quarantined-retry l2o 12", 2, "'12' is not a key: write <tenant>:<aggregate id>."),
        (f"events quarantined-retry l2o {UUID(int=1)}:1", 1, "KAFKA_BOOTSTRAP is not set"),
        ("topics", 1, "KAFKA_BOOTSTRAP is not set"),
    ],
)
async def test_a_mistake_is_answered_with_a_sentence(
    command: Command, arguments: str, code: int, said: str
) -> None:
    done = await command(*arguments.split())
    assert done.code == code, done
    assert said in done.errors
    assert "Traceback" not in done.errors


@pytest.mark.parametrize(
    "arguments",
    [
        "events parked l2o",
        "events quarantined l2o",
        f"events redrive l2o {UUID(int=1)}",
        f"events skip l2o {UUID(int=1)} why",
        f"events quarantined-skip l2o {UUID(int=1)}:1",
        "events rebase l2o",
        "migrate l2o",
    ],
)
async def test_an_unreachable_database_is_answered_with_a_sentence(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: str
) -> None:
    for role in ("WORKER", "OWNER"):
        nowhere = "postgresql+asyncpg://x:y@127.0.0.1:1/x"
        monkeypatch.setenv(f"L2O_{role}_DATABASE_URL", nowhere)
    done = await command(*arguments.split())
    assert done.code == 1
    assert done.errors.startswith("The database of l2o does not answer: ")
    assert len(done.errors.splitlines()) == 1
