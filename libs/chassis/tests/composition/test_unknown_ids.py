"""Every command that takes an id answers an unknown one with a sentence, and shows ids in full."""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import get_args, get_type_hints
from uuid import UUID

import pytest

from chassis.composition.all_commands import events, main
from chassis.composition.worker import Worker
from chassis.events.consumer.processing import Processor
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import Faults, Partition, effects_process
from libs.chassis.tests.events.rebuilds.generations import NOTES
from testkit.plugin import Committed

Run = Callable[..., Awaitable[tuple[int, str, str]]]
UNKNOWN = "01990000-0000-7000-8000-00000000beef"
# How each command with an id is called; `{id}` is the unknown one.
CALLS = {
    "redrive event": "redrive testkit {id}",
    "skip event": "skip testkit {id} nonsense",
    "quarantined-retry key": "quarantined-retry testkit {id}:{id}",
    "quarantined-skip key": "quarantined-skip testkit {id}:{id}",
    "snapshot tenant": "snapshot testkit.card --tenant {id}",
    "snapshots cancel": "snapshots testkit --cancel {id}",
    "snapshots tenant": "snapshots testkit --cancel {id} --tenant {id}",
    "rebuild tenant": "rebuild testkit.notes --tenant {id}",
    "rebuilds cancel": "rebuilds testkit --cancel {id}",
    "rebuilds tenant": "rebuilds testkit --cancel {id} --tenant {id}",
    "resends cancel": "resends testkit --cancel {id}",
}
# Ids that the command cannot look up, each with its reason.
NOT_LOOKED_UP = {"rebuild snapshot": "the publisher's, which has a database of its own"}


@pytest.fixture
def run(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run `events ...` on the sample service; returns the exit code, the output, the errors."""
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("TESTKIT_WORKER_DATABASE_URL", committed.urls.worker_url)
    worker = SimpleNamespace(WORKER=Worker("testkit", (NOTES,)))
    monkeypatch.setitem(sys.modules, "testkit.worker", worker)

    def call(arguments: tuple[str, ...]) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["chassis", "events", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return code if isinstance(code, int) else 0, *capsys.readouterr()

    return lambda *arguments: asyncio.to_thread(call, arguments)


def ids_taken() -> Iterator[str]:
    """Yield each command with each of its parameters that is an id."""
    for command in events.registered_commands:
        assert command.callback is not None
        name = command.callback.__name__.replace("_", "-")
        for parameter, kind in get_type_hints(command.callback).items():
            if UUID in (kind, *get_args(kind)) or parameter == "key":
                yield f"{name} {parameter}"


def test_every_command_with_an_id_is_tried() -> None:
    assert set(ids_taken()) == {*CALLS, *NOT_LOOKED_UP}


@pytest.mark.parametrize("arguments", CALLS.values(), ids=CALLS.keys())
async def test_an_unknown_id_is_answered_with_a_sentence(run: Run, arguments: str) -> None:
    code, output, errors = await run(*arguments.format(id=UNKNOWN).split())
    assert (code, output) == (1, "")
    assert re.fullmatch(r"[A-Z][^\n]+[.)]\n", errors), errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("arguments", CALLS.values(), ids=CALLS.keys())
async def test_what_is_no_id_is_refused_with_its_place(run: Run, arguments: str) -> None:
    code, _, errors = await run(*arguments.format(id="12-34").split())
    assert code == 2
    assert "a valid UUID" in errors or "is not a key" in errors
    assert "Traceback" not in errors


async def test_ids_are_shown_in_full_beside_long_errors(
    run: Run, committed: Committed, tenant: UUID
) -> None:
    faults, note = Faults(), new_id()
    records = [Partition(tenant).note(note, 1)]
    await Processor(effects_process(faults), committed.worker).apply(records)
    _, output, _ = await run("parked", "testkit")
    _, line = output.splitlines()
    assert line.split()[1] == str(tenant)
    assert UUID(line.split()[0]).version == 7
    # The sample service lacks the table of these effects.
    assert line.endswith('ProgrammingError: relation "consumed_effects" does not exist')
