"""The benchmark counts what it says, and its rows can be told apart."""

import os
import subprocess
import sys

import pytest

from tests.bench.__main__ import registered_rows
from tests.bench.machine.accounting import cpu_seconds
from tests.bench.machine.generator import generated_leads
from tests.bench.machine.measuring import Reach

BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def test_the_time_of_a_child_counts_when_it_has_ended_and_while_it_runs() -> None:
    before = cpu_seconds([os.getpid()])
    subprocess.run([sys.executable, "-c", BURN.format(seconds=0.3)], check=True)
    after = cpu_seconds([os.getpid()])
    assert after - before >= 0.25
    then_waits = BURN.format(seconds=0.3) + "print(flush=True)\ntime.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", then_waits], stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    assert cpu_seconds([os.getpid()]) - after >= 0.25
    child.kill()
    child.communicate()


def test_every_row_has_a_name_of_its_own() -> None:
    names = [row.name for row in registered_rows()]
    assert len(names) == len(set(names)) > 20


@pytest.mark.parametrize(
    ("reach", "value", "holds"),
    [
        (Reach(at_most=4), 4.0, True),
        (Reach(at_most=4), 4.1, False),
        (Reach(at_least=0.6), 0.6, True),
        (Reach(at_least=0.6), 0.5, False),
    ],
)
def test_a_reach_holds_up_to_its_bound(reach: Reach, value: float, *, holds: bool) -> None:
    assert reach.holds(value) is holds


def test_the_same_seed_generates_the_same_leads() -> None:
    first, again, other = (list(generated_leads(50, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({lead.phone for lead in first}) == len({lead.id for lead in first}) == 50
