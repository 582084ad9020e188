"""One run: walks under fire, then peace, then the checks (decision 31)."""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from uuid import UUID

import asyncpg
import httpx

from deploy.demo.logins import TENANT, logins
from deploy.services import SERVICES
from tests.soak.checks.catalogue import check_all
from tests.soak.checks.settling import settle
from tests.soak.client import REQUEST_SECONDS, Caller
from tests.soak.driver import Driver
from tests.soak.evidence import Evidence
from tests.soak.faults import Fire
from tests.soak.journal import Journal
from tests.soak.schedule import Fault, draw_schedule
from tests.soak.stack import Stack, running_stack
from tests.soak.stage import Violations, declared_stages
from tests.soak.witness import Witness


@dataclass(frozen=True)
class Settings:
    """What a run is asked to do."""

    seconds: float = 60.0
    seed: int = 1
    rate: float = 1.0  # walks started a second
    patience: float = 180.0  # seconds without an answered write, and again for everything to settle


@dataclass
class Result:
    """What a run has done, and what its checks found."""

    settings: Settings
    schedule: list[str] = field(default_factory=list)
    faults: dict[str, int] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)
    walks: int = 0
    events: int = 0
    duplicates: int = 0
    replica_rows: int = 0
    seconds_to_converge: float = 0.0
    checks: dict[str, Violations] = field(default_factory=dict)

    @property
    def failed(self) -> list[str]:
        """The names of the checks that do not hold."""
        return [name for name, violations in self.checks.items() if violations]

    def as_json(self) -> str:
        return json.dumps({**asdict(self), "failed": self.failed}, ensure_ascii=False, indent=2)


def run(settings: Settings, extra_env: Mapping[str, str] | None = None) -> Result:
    """Start the system, run, check, and remove the system."""
    with running_stack(extra_env or {}) as stack:
        return asyncio.run(_run(stack, settings))


async def _run(stack: Stack, settings: Settings) -> Result:
    processes = stack.service_processes()
    schedule = draw_schedule(settings.seed, settings.seconds, processes, SERVICES)
    result = Result(settings, [str(fault) for fault in schedule])
    print(*result.schedule, sep="\n")
    await _write_to_memory(stack)
    witness = Witness({service: stack.superuser_dsn(service) for service in SERVICES})
    try:
        async with httpx.AsyncClient(timeout=REQUEST_SECONDS) as http:
            journal = Journal()
            callers = {
                role: Caller(http, stack.urls, login, journal, witness)
                for role, login in logins().items()
            }
            driver = Driver(declared_stages(), callers, journal)
            await driver.prepare()
            await _burn(stack, driver, schedule, result)
            await _judge(stack, driver, result)
    finally:
        await witness.close()
    return result


async def _write_to_memory(stack: Stack) -> None:
    """Do without fsync: no power fails here, and what a stopped server wrote the kernel keeps.

    Otherwise PostgreSQL flushes every file after an `immediate` stop, for half a minute on a slow
    disk, in which nothing else would be tested.
    """
    connection = await asyncpg.connect(stack.superuser_dsn("postgres"))
    try:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def _burn(stack: Stack, driver: Driver, schedule: Sequence[Fault], result: Result) -> None:
    """Drive walks while the faults of the schedule happen."""
    fire, settings = Fire(stack), result.settings
    print(f"{settings.seconds:.0f} s of fire", flush=True)
    await asyncio.gather(driver.drive(settings.seconds, settings.rate), fire.burn(schedule))
    result.faults, result.walks = dict(fire.counts), driver.started
    print(f"peace after {result.walks} walks", flush=True)


async def _judge(stack: Stack, driver: Driver, result: Result) -> None:
    """Wait until all walks have ended and everything has settled, and check."""
    began, patience = time.monotonic(), result.settings.patience
    await driver.finish(patience)
    tenant = UUID(json.loads(TENANT.read_text())["tenant"]["id"])
    evidence = Evidence(stack, driver.callers, driver.journal, tenant)
    unsettled = await settle(evidence, patience)
    result.seconds_to_converge = round(time.monotonic() - began, 1)
    await evidence.collect()
    result.checks = {"all settles": list(unsettled)}
    result.checks |= await check_all(evidence, driver.stages)
    result.requests = dict(driver.journal.counts)
    result.duplicates, result.replica_rows = evidence.duplicates, evidence.compared
    result.events = sum(map(len, evidence.outbox.values()))
