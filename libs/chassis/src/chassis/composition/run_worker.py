"""A worker process: the relay, the consumers and the jobs of one service or of several.

It serves /livez, /readyz and /metrics on a port of its own. On SIGTERM every part finishes its
current work; an error that no part can handle ends the process, and the supervisor restarts it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from itertools import chain
from types import FrameType

import structlog
import uvicorn
from aiokafka.errors import KafkaError
from starlette.applications import Starlette

from chassis.composition.queue_metrics import show_queues
from chassis.composition.run_metrics import show_runs
from chassis.composition.serve import server_config
from chassis.composition.worker import Worker
from chassis.database import pruning
from chassis.database.connection_budget import ensure_connections
from chassis.database.engine import Database
from chassis.database.migrate import versions_needed
from chassis.database.pool_metrics import pool_metrics
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.processing import Processor
from chassis.events.consumer.retrier import Retrier
from chassis.events.in_process_transport import InProcessTransport
from chassis.events.rebuilds.logs import KafkaLog, OutboxLog
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.relay.epoch_guard import EpochGuard
from chassis.events.relay.kafka import KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import Transport
from chassis.events.relay.wakeup import Wakeup
from chassis.events.replicas import ReplicaSubscription
from chassis.files.exports.jobs import EXPORT_FAILURE_HANDLERS, export_jobs
from chassis.foundation.clock import now
from chassis.foundation.settings import Settings
from chassis.foundation.state_gauges import StateGauges, StateReader, build_info
from chassis.jobs.runner import JobRunner
from chassis.jobs.split_jobs import AnyJobHandler
from chassis.jobs.timers import Timer, TimerRunner
from chassis.records.access.expiry import GRANT_JOBS
from chassis.web.health import HealthCheck, database_check, health_routes

log = structlog.get_logger()

RELAY_STALE_SECONDS = 30
Runner = Callable[[asyncio.Event], Awaitable[None]]


class WorkerPart(StrEnum):
    """The parts of a worker that a process can run."""

    RELAY = "relay"
    CONSUMER = "consumer"
    JOBS = "jobs"


@dataclass
class WorkerAssembly:
    """Everything one process runs, with the health checks."""

    runners: dict[str, list[Runner]] = field(default_factory=dict)  # by service
    guards: dict[str, EpochGuard] = field(default_factory=dict)
    checks: dict[str, HealthCheck] = field(default_factory=dict)
    databases: list[Database] = field(default_factory=list)
    wakeups: list[Wakeup] = field(default_factory=list)
    transports: list[KafkaTransport] = field(default_factory=list)
    readers: list[StateReader] = field(default_factory=list)


def assemble(workers: Sequence[Worker], parts: frozenset[WorkerPart]) -> WorkerAssembly:
    """Assemble the parts of these workers; without Kafka, the courier delivers their events.

    Raises ValueError where the courier would lose events.
    """
    assembly = WorkerAssembly()
    settings = {worker.service: worker.settings.of(worker.service) for worker in workers}
    bootstrap = next(iter(settings.values())).kafka_bootstrap
    if not bootstrap:
        _check_courier(settings.values(), parts)
    databases = {name: _add_database(assembly, setting) for name, setting in settings.items()}
    processors = {
        worker.service: [
            Processor(subscription, databases[worker.service], monotonic_offsets=bool(bootstrap))
            for subscription in worker.subscriptions
        ]
        for worker in workers
    }
    all_processors = list(chain.from_iterable(processors.values()))
    for worker in workers:
        name, database = worker.service, databases[worker.service]
        runners = assembly.runners[name] = []
        assembly.guards[name] = EpochGuard(name, database.url)
        if WorkerPart.RELAY in parts:
            _add_relay(
                assembly, settings[name], _transport(assembly, name, bootstrap, all_processors)
            )
        if WorkerPart.CONSUMER in parts:
            _add_consumers(assembly, worker, database, processors[name], bootstrap)
            runners.append(_rebuilder(worker, databases, bootstrap).run)
        if WorkerPart.JOBS in parts:
            runners.append(_job_runner(worker, database).run)
            runners.append(TimerRunner(database, [PRUNING]).run)
            assembly.readers.append(_state_reader(name, database))
    return assembly


def _state_reader(service: str, database: Database) -> StateReader:
    async def read(gauges: StateGauges) -> None:
        async with database.begin(None) as tx:
            await show_queues(tx, service, gauges)
            await show_runs(tx, service, gauges)

    return read


def _rebuilder(worker: Worker, databases: Mapping[str, Database], bootstrap: str) -> Rebuilder:
    replicas = [one for one in worker.subscriptions if isinstance(one, ReplicaSubscription)]
    log_of_events = KafkaLog(bootstrap) if bootstrap else OutboxLog(databases)
    return Rebuilder(replicas, databases[worker.service], log_of_events)


def _job_runner(worker: Worker, database: Database) -> JobRunner:
    jobs: dict[str, AnyJobHandler] = {
        **GRANT_JOBS,
        **export_jobs(worker.service),
        **worker.jobs,
        **worker.split_jobs,
    }
    failure_handlers = {**EXPORT_FAILURE_HANDLERS, **worker.failure_handlers}
    return JobRunner(database, jobs, failure_handlers=failure_handlers)


def _add_database(assembly: WorkerAssembly, settings: Settings) -> Database:
    database = Database(
        settings.worker_database_url,
        name=f"{settings.service}-worker",
        pool_size=settings.pool_size,
        overflow=settings.pool_overflow,
    )
    wakeup = Wakeup(settings.worker_database_url, name=f"{settings.service}-worker-wakeup")
    database.on_published = wakeup.request
    assembly.databases.append(database)
    assembly.wakeups.append(wakeup)
    assembly.readers.append(pool_metrics(database))
    needs = versions_needed(settings.service)
    assembly.checks[f"{settings.service} database"] = database_check(database, needs=needs)
    return database


def _check_courier(settings: Collection[Settings], parts: frozenset[WorkerPart]) -> None:
    """Refuse the courier where it would lose events: it reaches only this process.

    Raises ValueError in production, or where a part runs in another process.
    """
    services = sorted(one.service for one in settings)
    if any(one.in_production for one in settings) or parts != frozenset(WorkerPart):
        raise ValueError(
            "KAFKA_BOOTSTRAP must be set: without Kafka events stay inside one process,"
            " which is only for development and only with all parts of a worker in it."
        )
    log.warning("events_by_courier", services=services, lost_to="every service not named here")


def _transport(
    assembly: WorkerAssembly, service: str, bootstrap: str, processors: Sequence[Processor]
) -> Transport:
    if not bootstrap:
        return InProcessTransport(processors)
    transport = KafkaTransport(bootstrap, name=f"{service}-relay")
    assembly.transports.append(transport)
    return transport


def _add_relay(assembly: WorkerAssembly, settings: Settings, transport: Transport) -> None:
    relay = Relay(settings.service, settings.worker_database_url, transport)

    async def check() -> str | None:
        health = relay.health
        if health.error:
            return health.error
        age = None if health.last_progress is None else now() - health.last_progress
        if age is None or age > timedelta(seconds=RELAY_STALE_SECONDS):
            return f"The relay has made no pass for more than {RELAY_STALE_SECONDS} seconds."
        return None

    assembly.runners[settings.service].append(relay.run)
    assembly.checks[f"{settings.service} relay"] = check


def _add_consumers(
    assembly: WorkerAssembly,
    worker: Worker,
    database: Database,
    processors: Sequence[Processor],
    bootstrap: str,
) -> None:
    runners = assembly.runners[worker.service]
    runners.append(Retrier(worker.subscriptions, database).run)
    for processor in processors if bootstrap else ():
        consumer = Consumer(processor, bootstrap)
        runners.append(consumer.run)
        assembly.checks[f"{processor.subscription.name} consumer"] = consumer.check


async def _prune(database: Database) -> None:
    await pruning.prune(database, now=now())


PRUNING = Timer("pruning", timedelta(hours=1), _prune)


class HealthServer(uvicorn.Server):
    """Passes a signal on to the parts; the server itself closes last."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event) -> None:
        super().__init__(config)
        self._stop = stop

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._stop.set()


async def run(
    services: Sequence[str], parts: frozenset[WorkerPart], *, host: str, port: int
) -> None:
    """Run until a signal. Raises TooManyConnections, and an error that no part can handle."""
    stop = asyncio.Event()
    workers: list[Worker] = [import_module(f"{name}.worker").WORKER for name in services]
    assembly = assemble(workers, parts)
    settings = Settings.of(services[0])
    await ensure_connections([one.url for one in assembly.databases], per_pool=settings.pool_limit)
    readers = [build_info(settings.revision), *assembly.readers]
    guards = {f"{name} epoch": guard.check for name, guard in assembly.guards.items()}
    app = Starlette(
        routes=health_routes(assembly.checks, draining=stop, readers=readers, for_operator=guards)
    )
    server = HealthServer(server_config(app, settings, host=host, port=port), stop)
    async with AsyncExitStack() as stack:
        for wakeup in assembly.wakeups:
            await stack.enter_async_context(wakeup)
        async with asyncio.TaskGroup() as outer:
            outer.create_task(server.serve())
            async with asyncio.TaskGroup() as tasks:
                for name, runners in assembly.runners.items():
                    tasks.create_task(run_guarded(assembly.guards[name], runners, stop))
            server.should_exit = True
    await close_assembly(assembly)


async def close_assembly(assembly: WorkerAssembly) -> None:
    """Close the transports and databases; an unavailable broker is not waited for."""
    for transport in assembly.transports:
        with suppress(KafkaError, OSError, TimeoutError):
            await transport.close()
    for database in assembly.databases:
        await database.dispose()


async def run_guarded(guard: EpochGuard, runners: Sequence[Runner], stop: asyncio.Event) -> None:
    """Run the parts of one service once its database is known to be the one it published from.

    A database that is restored under running parts ends the process: it begins here again.
    """
    await guard.wait(stop)
    async with asyncio.TaskGroup() as tasks:
        for runner in runners:
            tasks.create_task(_as_task(runner, stop))


async def _as_task(runner: Runner, stop: asyncio.Event) -> None:
    await runner(stop)
