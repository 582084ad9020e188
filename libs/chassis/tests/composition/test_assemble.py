"""Assembling a worker: the courier is allowed only where it reaches every subscriber."""

import asyncio

import pytest
from structlog.testing import capture_logs

from chassis.composition.run_worker import WorkerPart, assemble, close_assembly
from chassis.composition.worker import Worker
from testkit.ground import Ground
from testkit.production import set_secrets

WORKERS = [Worker("testkit")]
ALL_PARTS = frozenset(WorkerPart)


@pytest.fixture(autouse=True)
async def _settings(environment: None, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    urls = await ground.urls("testkit")
    monkeypatch.setenv("TESTKIT_WORKER_DATABASE_URL", urls.worker_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "")


async def test_in_development_one_process_with_all_parts_needs_no_kafka() -> None:
    with capture_logs() as logs:
        assembly = assemble(WORKERS, ALL_PARTS)
    (warning,) = [line for line in logs if line["event"] == "events_by_courier"]
    assert (warning["log_level"], warning["services"]) == ("warning", ["testkit"])
    assert "testkit relay" in assembly.checks
    await close_assembly(assembly)


@pytest.mark.parametrize("part", list(WorkerPart))
async def test_a_part_alone_needs_kafka(part: WorkerPart) -> None:
    with pytest.raises(ValueError, match="KAFKA_BOOTSTRAP must be set"):
        assemble(WORKERS, frozenset({part}))


async def test_production_needs_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.example")
    with pytest.raises(ValueError, match="KAFKA_BOOTSTRAP must be set"):
        assemble(WORKERS, ALL_PARTS)


async def test_with_kafka_any_part_may_run_alone_and_closes_its_transport(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    assembly = assemble(WORKERS, frozenset({WorkerPart.RELAY}))
    assert len(assembly.transports) == 1
    async with asyncio.timeout(5):
        await close_assembly(assembly)
