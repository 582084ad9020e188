"""A worker process: the relay, the consumers and the jobs of one service or of several.

It has a small server of its own for /livez, /readyz and /metrics. On SIGTERM every part finishes
what it has in hand; an error that no part can put right ends the process, for the supervisor.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from types import FrameType

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from starlette.applications import Starlette

from chassis.composition.worker import Worker
from chassis.database import pruning
from chassis.database.engine import Database
from chassis.database.migrate import versions_needed
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.relay.kafka import KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import Transport
from chassis.events.relay.wakeup import Wakeup
from chassis.files.exports.jobs import EXPORT_FAILURES, export_jobs
from chassis.foundation.clock import now
from chassis.foundation.settings import Settings
from chassis.jobs.runner import JobRunner
from chassis.jobs.timers import Timer, TimerRunner
from chassis.records.access.expiry import GRANT_JOBS
from chassis.web.health import Check, database_check, health_routes

log = structlog.get_logger()

RELAY_STALE_SECONDS = 30
Runner = Callable[[asyncio.Event], Awaitable[None]]


class WorkerPart(StrEnum):
    """What of a worker a process runs."""

    RELAY = "relay"
    CONSUMER = "consumer"
    JOBS = "jobs"


@dataclass
class WorkerAssembly:
    """Everything one process runs and how each tells that it is well."""

    runners: list[Runner] = field(default_factory=list)
    checks: dict[str, Check] = field(default_factory=dict)
    databases: list[Database] = field(default_factory=list)
    wakeups: list[Wakeup] = field(default_factory=list)
    transports: list[KafkaTransport] = field(default_factory=list)


def assemble(workers: Sequence[Worker], parts: frozenset[WorkerPart]) -> WorkerAssembly:
    """Put the parts of these workers together; without Kafka the courier joins them.

    Raises ValueError where the courier would lose events.
    """
    made = WorkerAssembly()
    settings = {worker.service: worker.settings.of(worker.service) for worker in workers}
    bootstrap = next(iter(settings.values())).kafka_bootstrap
    if not bootstrap:
        _allow_courier(settings.values(), parts)
    databases = {name: _database(made, one) for name, one in settings.items()}
    processors = {
        worker.service: [
            Processor(one, databases[worker.service], monotonic_offsets=bool(bootstrap))
            for one in worker.subscriptions
        ]
        for worker in workers
    }
    couriers = [one for each in processors.values() for one in each]
    for worker in workers:
        name, database = worker.service, databases[worker.service]
        if WorkerPart.RELAY in parts:
            _add_relay(made, settings[name], _transport(made, name, bootstrap, couriers))
        if WorkerPart.CONSUMER in parts:
            _add_consumers(made, worker, database, processors[name], bootstrap)
        if WorkerPart.JOBS in parts:
            made.runners.append(_job_runner(worker, database).run)
            made.runners.append(TimerRunner(database, [PRUNING]).run)
    return made


def _job_runner(worker: Worker, database: Database) -> JobRunner:
    jobs = {**GRANT_JOBS, **export_jobs(worker.service), **worker.jobs}
    return JobRunner(database, jobs, failed={**EXPORT_FAILURES, **worker.failed})


def _database(made: WorkerAssembly, settings: Settings) -> Database:
    database = Database(settings.worker_database_url, name=f"{settings.service}-worker")
    wakeup = Wakeup(settings.worker_database_url, name=f"{settings.service}-worker-wakeup")
    database.on_published = wakeup.ring
    made.databases.append(database)
    made.wakeups.append(wakeup)
    needs = versions_needed(settings.service)
    made.checks[f"{settings.service} database"] = database_check(database, needs=needs)
    return database


def _allow_courier(settings: Collection[Settings], parts: frozenset[WorkerPart]) -> None:
    """The courier reaches this process only, so all that listens must run in it."""
    services = sorted(one.service for one in settings)
    if any(one.in_production for one in settings) or parts != frozenset(WorkerPart):
        raise ValueError(
            "KAFKA_BOOTSTRAP must be set: without Kafka events stay inside one process,"
            " which is only for development and only with all parts of a worker in it."
        )
    log.warning("events_by_courier", services=services, lost_to="every service not named here")


def _transport(
    made: WorkerAssembly, service: str, bootstrap: str, couriers: Sequence[Processor]
) -> Transport:
    if not bootstrap:
        return InProcessTransport(couriers)
    transport = KafkaTransport(bootstrap, name=f"{service}-relay")
    made.transports.append(transport)
    return transport


def _add_relay(made: WorkerAssembly, settings: Settings, transport: Transport) -> None:
    relay = Relay(settings.service, settings.worker_database_url, transport)

    async def check() -> str | None:
        health = relay.health
        if health.error:
            return health.error
        age = None if health.last_progress is None else now() - health.last_progress
        if age is None or age > timedelta(seconds=RELAY_STALE_SECONDS):
            return "The relay has not passed over its buckets lately."
        return None

    made.runners.append(relay.run)
    made.checks[f"{settings.service} relay"] = check


def _add_consumers(
    made: WorkerAssembly,
    worker: Worker,
    database: Database,
    processors: Sequence[Processor],
    bootstrap: str,
) -> None:
    made.runners.append(Retrier(worker.subscriptions, database).run)
    for processor in processors if bootstrap else ():
        consumer = Consumer(processor, bootstrap)
        made.runners.append(consumer.run)
        made.checks[f"{processor.subscription.name} consumer"] = consumer.check


async def _prune(database: Database) -> None:
    await pruning.prune(database, now=now())


PRUNING = Timer("pruning", timedelta(hours=1), _prune)


class HealthServer(uvicorn.Server):
    """Hands the first signal on to the parts; it closes itself last."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stop.set()


async def run(
    services: Sequence[str], parts: frozenset[WorkerPart], *, host: str, port: int
) -> None:
    """Run until a signal. Raises what no part can put right."""
    stop = asyncio.Event()
    workers: list[Worker] = [import_module(f"{name}.worker").WORKER for name in services]
    made = assemble(workers, parts)
    app = Starlette(routes=health_routes(made.checks, draining=stop))
    config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False)
    server = HealthServer(config, stop)
    async with AsyncExitStack() as stack:
        for wakeup in made.wakeups:
            await stack.enter_async_context(wakeup)
        async with asyncio.TaskGroup() as outer:
            outer.create_task(server.serve())
            async with asyncio.TaskGroup() as tasks:
                for runner in made.runners:
                    tasks.create_task(_as_task(runner, stop))
            server.should_exit = True
    await close_assembly(made)


async def close_assembly(made: WorkerAssembly) -> None:
    """Let go of the broker and the databases; a broker that is away is not waited for."""
    for transport in made.transports:
        with suppress(KafkaError, OSError, TimeoutError):
            await transport.close()
    for database in made.databases:
        await database.dispose()


async def _as_task(runner: Runner, stop: asyncio.Event) -> None:
    await runner(stop)
