"""Tests of the soak itself, without a system: its schedule, its checks, its mutants."""

import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.events.envelope import Envelope
from chassis.events.replicas import ReceivedState
from chassis.events.subscriptions import EventMeta
from contracts.l2o.events import AccountState
from cpq.accounts.store import ACCOUNT_COPY
from deploy.local.places import place_of_soak
from deploy.services import SERVICES
from l2o.orders.store import ORDER_COPY
from tests.soak.checks import delivery
from tests.soak.checks.catalogue import CHECKS
from tests.soak.checks.replicas import compare_rows, plain
from tests.soak.evidence import Evidence
from tests.soak.journal import Journal, answer_of
from tests.soak.machine import Result, Settings
from tests.soak.mutations import FOLDER, declared_mutants
from tests.soak.schedule import FaultKind, draw_schedule
from tests.soak.stack import Stack
from tests.soak.stage import declared_stages

PAYLOADS = Path(__file__).parents[1] / "contracts" / "payloads"
ONE = UUID(int=1)
OTHER = UUID(int=2)
PROCESSES = ["mtl-api", "mtl-relay", "rms-consumer"]


def test_a_seed_gives_the_same_schedule_again() -> None:
    drawn = draw_schedule(7, 60, PROCESSES, SERVICES)
    assert drawn == draw_schedule(7, 60, PROCESSES, SERVICES)
    assert drawn != draw_schedule(8, 60, PROCESSES, SERVICES)
    assert [one.at for one in drawn] == sorted(one.at for one in drawn)


def test_a_schedule_has_every_kind_of_fault() -> None:
    kinds = [one.kind for one in draw_schedule(7, 60, PROCESSES, SERVICES)]
    assert kinds.count(FaultKind.STOP_POSTGRES) == 2
    assert kinds.count(FaultKind.KILL_KAFKA) == 1
    assert kinds.count(FaultKind.KILL) > 45
    assert set(kinds) == set(FaultKind)


@pytest.mark.parametrize(
    ("path", "body", "etag", "expected"),
    [
        ("/mtl/v1/leads", {"id": str(ONE)}, '"1"', ("mtl", "leads", ONE, 1)),
        ("/mtl/v1/leads/by-external-id/crm/1", {"id": str(ONE)}, '"2"', ("mtl", "leads", ONE, 2)),
        (f"/rms/v1/orders/{ONE}/confirm", {"id": str(ONE)}, '"3"', ("rms", "orders", ONE, 3)),
        # The version of a shipment says nothing of its order's.
        (f"/rms/v1/orders/{ONE}/shipments", {"id": str(OTHER)}, "", ("rms", "orders", ONE, None)),
    ],
)
def test_an_answer_promises_a_record(
    path: str, body: dict[str, object], etag: str, expected: tuple[object, ...]
) -> None:
    answer = answer_of("request", path, body, etag)
    assert answer is not None
    assert (answer.service, answer.table, answer.id, answer.version) == expected


def test_an_answer_of_no_collection_promises_nothing() -> None:
    assert answer_of("request", "/mtl/v1/operations", {"id": str(ONE)}, "") is None


def account() -> ReceivedState[AccountState]:
    values: dict[str, Any] = {name: None for name in AccountState.model_fields}
    values |= {"name": "老客户", "deleted": False}
    meta = EventMeta(ONE, ONE, OTHER, 3, 1, datetime(2026, 1, 1, tzinfo=UTC))
    return ReceivedState(AccountState.model_construct(**values), meta)


def test_a_replica_is_compared_column_by_column() -> None:
    received = account()
    row = {**ACCOUNT_COPY.row(received), "tenant_id": ONE}
    assert compare_rows(ACCOUNT_COPY, {OTHER: received}, [row]) == []
    [changed] = compare_rows(ACCOUNT_COPY, {OTHER: received}, [{**row, "name": "新客户"}])
    assert "新客户" in changed
    [older] = compare_rows(ACCOUNT_COPY, {OTHER: received}, [{**row, "sequence": 2}])
    assert "sequence" in older
    assert compare_rows(ACCOUNT_COPY, {OTHER: received}, []) == [f"accounts lacks {OTHER}"]
    assert compare_rows(ACCOUNT_COPY, {}, [row]) == [f"accounts has {OTHER}, the source not"]
    assert compare_rows(ACCOUNT_COPY, {}, [{**row, "deleted": True}]) == []


def test_a_mark_of_the_copying_service_is_no_part_of_the_copy() -> None:
    payload = json.loads((PAYLOADS / "rms.order.snapshot.v1.json").read_text())
    received = ReceivedState(ORDER_COPY.read("snapshot", payload), account().meta)
    row = {**ORDER_COPY.row(received), "tenant_id": ONE}
    counted = {**row, "is_counted": True}
    assert (row["is_counted"], compare_rows(ORDER_COPY, {OTHER: received}, [counted])) == (
        False,
        [],
    )
    [changed] = compare_rows(ORDER_COPY, {OTHER: received}, [{**counted, "currency": "XXX"}])
    assert "XXX" in changed


def test_values_are_compared_by_what_they_mean() -> None:
    assert plain((ONE,)) == plain([str(ONE)])
    assert plain(FaultKind.KILL) == "kill"


def event(sequence: int, event_id: int) -> Envelope:
    return Envelope(
        id=UUID(int=event_id),
        source="/l2o",
        type="l2o.account.changed.v1",
        subject=ONE,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        tenantid=ONE,
        sequence=sequence,
        epoch=1,
        correlationid="c",
        traceparent="t",
        data={},
    )


def evidence_of(sent: list[Envelope], written: list[int]) -> Evidence:
    found = Evidence(Stack(place_of_soak()), {}, Journal(), ONE)
    rows = [{"id": UUID(int=one), "aggregatetype": "l2o.account"} for one in written]
    found.outbox, found.wire = {"l2o": rows}, {"l2o.account.v1": sent}
    return found


async def test_an_event_that_is_not_on_its_topic_is_found() -> None:
    sent = [event(1, 11), event(2, 12)]
    assert await delivery.every_event_is_on_its_topic(evidence_of(sent, [11, 12])) == []
    assert len(await delivery.every_event_is_on_its_topic(evidence_of(sent, [11, 12, 13]))) == 1
    assert len(await delivery.every_event_is_on_its_topic(evidence_of(sent, [11]))) == 1


@pytest.mark.parametrize(
    ("sequences", "holds"),
    [([1, 2, 3], True), ([1, 2, 1, 2, 3], True), ([1, 3], False), ([2, 1], False)],
)
async def test_the_order_of_a_topic_is_that_of_first_deliveries(
    sequences: list[int], *, holds: bool
) -> None:
    sent = [event(one, one) for one in sequences]
    found = evidence_of(sent, sequences)
    assert (await delivery.topics_are_in_order(found) == []) is holds
    assert found.duplicates == len(sequences) - len(set(sequences))


def test_every_stage_comes_after_those_it_needs() -> None:
    before: set[str] = set()
    for stage in declared_stages():
        assert set(stage.after) <= before
        before.add(stage.name)
    assert before >= {"mtl", "l2o", "cpq", "rms"}


def test_every_mutant_patches_a_module_and_names_checks_that_exist() -> None:
    names = set(CHECKS) | {
        f"{stage.name}: {name}" for stage in declared_stages() for name in stage.invariants
    }
    mutants = declared_mutants()
    assert len(mutants) >= 7
    for mutant in mutants:
        source = (FOLDER / f"{mutant.name}.py").read_text()
        patched = source.partition('MODULE = "')[2].partition('"')[0]
        assert find_spec(patched) is not None
        assert mutant.fault
        assert set(mutant.bites) <= names


def test_a_mutant_is_caught_only_by_a_check_that_it_names() -> None:
    [mutant] = [one for one in declared_mutants() if one.name == "no_inbox"]
    result = Result(Settings())
    result.checks = {"effects are exactly once": [], "all settles": ["l2o has 3 jobs"]}
    assert mutant.caught_by(result) == []
    result.checks["effects are exactly once"] = ["org.work applied 7 of 6 events"]
    assert mutant.caught_by(result) == ["effects are exactly once"]
