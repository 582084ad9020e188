"""What `make capacity` computes from measured costs, and that it invents none."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.topics import PARTITIONS
from deploy import capacity
from deploy.capacity import KINDS, PARTS, Assumptions, Capacity, costs_of
from tests.bench.rows.capacity import ROWS

# Each operation costs 10 ms in the API, 1 in relays, 2 in consumers, 7 in PostgreSQL.
MILLISECONDS = {"api": 10.0, "relay": 1.0, "consumer": 2.0, "postgres": 7.0}
COSTS = {(kind, part): MILLISECONDS[part] for kind in KINDS for part in PARTS}


def computed(**assumptions: float) -> Capacity:
    return Capacity(COSTS, Assumptions(**assumptions))


def test_two_cores_carry_what_the_costs_allow() -> None:
    one = computed(cores=2, usage=0.5, per_user=0.1)
    assert one.milliseconds == pytest.approx(20)
    assert one.operations == pytest.approx(50)  # 2 cores x 50 % / 20 ms
    assert one.users == pytest.approx(500)


def test_shares_weigh_the_kinds() -> None:
    costs = {(kind, part): 10.0 if kind == "convert" else 0.0 for kind in KINDS for part in PARTS}
    shares = Assumptions(read=0.5, listing=0.3, write=0.1, convert=0.1)
    assert Capacity(costs, shares).part("api") == pytest.approx(1)


def test_shares_must_add_up() -> None:
    with pytest.raises(ValueError, match="100 %"):
        Assumptions(read=0.9)


def test_a_larger_load_needs_as_many_processes_more() -> None:
    needed = computed(cores=2, usage=0.5, busiest=0.5).needed(100)
    assert needed.operations == pytest.approx(5_000)
    assert (needed.api, needed.relays, needed.consumers) == (100, 10, 20)
    assert needed.database_cores == 70
    assert needed.partitions == PARTITIONS  # ten consumers of the busiest service


def test_more_consumers_than_partitions_need_more_partitions() -> None:
    assert computed(cores=2, usage=0.5, busiest=0.5).needed(1_000).partitions == 100


def test_what_breaks_first_comes_first() -> None:
    limits = computed(cores=2, usage=0.5, busiest=0.5, database_cores=7).limits()
    factors = [limit.factor for limit in limits]
    assert factors == sorted(factors)
    database = next(limit for limit in limits if "PostgreSQL" in limit.name)
    assert database.factor == pytest.approx(20)  # 0.7 cores x 0.5 reach seven at 20 times


def write_results(folder: Path, results: dict[str, float]) -> Path:
    file = folder / "bench.json"
    file.write_text(json.dumps([{"name": n, "value": v} for n, v in results.items()]))
    return file


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(capacity.app, arguments)
    return result.exit_code, result.output


def test_the_program_prints_assumptions_and_figures(tmp_path: Path) -> None:
    named = {f"capacity.{kind}.{part}": value for (kind, part), value in COSTS.items()}
    code, printed = run("--results", str(write_results(tmp_path, named)))
    assert code == 0, printed
    for text in ("Assumed", "operations/s", "1,000x", "breaks first"):
        assert text in printed


def test_a_figure_of_the_command_line_replaces_a_measured_one() -> None:
    costs = costs_of({}, [f"{kind}.{part}=3" for kind in KINDS for part in PARTS])
    assert set(costs.values()) == {3.0}


def test_without_measurements_it_says_what_to_run(tmp_path: Path) -> None:
    code, printed = run("--results", str(tmp_path / "none.json"))
    assert code == 2
    assert "make bench" in printed
    code, printed = run("--results", str(write_results(tmp_path, {"capacity.read.api": 1.0})))
    assert (code, "make bench" in printed) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--cost", "write.api=much"], "write.api=much has no number"),
        (["--cost", "write.kafka=1"], "write.kafka is unknown"),
        (["--assume", "luck=1"], "luck is unknown"),
        (["--assume", "read=0.9"], "100 %"),
    ],
)
def test_a_figure_that_cannot_be_read_is_named(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    named = {f"capacity.{kind}.{part}": value for (kind, part), value in COSTS.items()}
    code, printed = run("--results", str(write_results(tmp_path, named)), *arguments)
    assert (code, said in printed) == (2, True), printed


def test_the_benchmark_measures_every_figure() -> None:
    assert {row.name for row in ROWS} == {f"capacity.{k}.{part}" for k in KINDS for part in PARTS}
