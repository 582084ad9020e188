"""The benchmark counts what it says, and its rows can be told apart."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cpq.quotes.domain.quote import Quote
from tests.bench.__main__ import registered_rows
from tests.bench.machine.accounting import BusyShare, cpu_seconds
from tests.bench.machine.generator import generated_leads
from tests.bench.machine.generator_accounts import generated_accounts
from tests.bench.machine.generator_orders import Deal, generated_orders
from tests.bench.machine.generator_quotes import generated_quotes
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


@pytest.mark.parametrize(("deep", "at_least"), [(False, 30), (True, 10)])
def test_every_row_has_a_name_of_its_own(*, deep: bool, at_least: int) -> None:
    names = [row.name for row in registered_rows(deep=deep)]
    assert len(names) == len(set(names)) >= at_least


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


def _orders(count: int, *, seed: int) -> Iterator[Deal]:
    return generated_orders(count, list(generated_accounts(9, seed=seed)), seed=seed)


def _quotes(count: int, *, seed: int) -> Iterator[Quote]:
    return generated_quotes(count, list(generated_accounts(9, seed=seed)), seed=seed)


@pytest.mark.parametrize("generated", [generated_leads, generated_accounts, _quotes, _orders])
def test_the_same_seed_generates_the_same_records(generated: Callable[..., Iterator[Any]]) -> None:
    first, again, other = (list(generated(50, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len(first) == 50


def test_no_two_leads_are_duplicates() -> None:
    leads = list(generated_leads(50))
    assert len({lead.phone for lead in leads}) == len({lead.id for lead in leads}) == 50


def test_the_share_of_busy_cores_is_that_of_now() -> None:
    busy = BusyShare()
    subprocess.run([sys.executable, "-c", BURN.format(seconds=0.5)], check=True)
    assert 0 < busy.now() <= 1
