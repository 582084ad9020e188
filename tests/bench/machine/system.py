"""The measured system: real processes with production settings, and the bare application beside."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TypeVar, cast
from uuid import UUID

import asyncpg
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from chassis.database.engine import Database
from deploy.services import SERVICES
from testkit import databases, tokens
from testkit.databases import ServiceDatabase
from testkit.encryption_keys import key_named
from testkit.tenants import add_tenant
from tests.bench.company import DIRECTORY
from tests.bench.machine import accounting, templates
from tests.bench.machine.bare import BareApp
from tests.bench.machine.load import Request, Sent, send
from tests.system.harness import Process, free_port

ROOT = Path(__file__).parents[3]
TENANT = UUID("01990000-0000-7000-8000-00000000be6c")  # filled databases stay for later runs
# What no measured connection has.
FOR_FILLING = "SET synchronous_commit = off; SET maintenance_work_mem = '512MB'"
Fill = Callable[[asyncpg.Connection, UUID], Awaitable[None]]
SELLER = UUID("01990000-0000-7000-8000-000000000007")  # the id of person-7 in the directory
WORK_SCOPES = (
    "mtl.lead mtl.pool l2o.account l2o.contact l2o.opportunity cpq.quote rms.order rms.receivable"
)
SELLER_SCOPE = " ".join(
    f"{each}.{verb}" for each in WORK_SCOPES.split() for verb in ("read", "write")
)
# Who asks, by the subject and the scopes of their token; the directory is that of `company`.
ROLES: Mapping[str, tuple[str, str]] = {
    "admin": ("person-1", "*"),
    "director": ("director", SELLER_SCOPE),
    "manager": ("manager", SELLER_SCOPE),
    "seller": ("person-7", SELLER_SCOPE),
}


T = TypeVar("T")


class NotMeasured(Exception):
    """What several rows share could not be measured for the first of them."""


@dataclass
class System:
    """Databases of all services with one tenant, and processes that start when a row needs them."""

    folder: Path
    env: dict[str, str]
    tenant: UUID
    postgres_pid: int
    databases: dict[str, ServiceDatabase] = field(default_factory=dict)
    processes: dict[str, Process] = field(default_factory=dict)
    once: dict[str, object] = field(default_factory=dict)  # what rows have prepared for each other

    async def use_filled(self, service: str, name: str, fill: Fill, *, group: str = "") -> None:
        """Let a service have a copy of a database that `fill` has filled once; `name` names it.

        Rows of a `group` share a copy, which rows of no other group have changed. Processes of the
        service end: they would hold the database that is replaced.
        """
        copy = f"{name} {group}"
        if self.once.get(f"filled {service}") != copy:
            await self.stop(*[each for each in self.processes if each.startswith(f"{service}-")])
            self.once.pop(f"filled {service}", None)  # what fails leaves no database
            await templates.copy_filled(self.databases[service], name, self.filling(fill))
            self.once[f"filled {service}"] = copy

    async def measured_once(self, name: str, measure: Callable[[], Awaitable[T]]) -> T:
        """Return what several rows share: `measure` runs for the first of them only.

        Raises NotMeasured for the others when it failed: it would take as long again.
        """
        if name not in self.once:
            self.once[name] = NotMeasured(f"{name} failed in an earlier row")
            self.once[name] = await measure()
        found = self.once[name]
        if isinstance(found, NotMeasured):
            raise found
        return cast(T, found)

    def filling(self, fill: Fill) -> templates.Fill:
        """Return what fills a database as superuser, after its tenant and people were added."""

        async def fill_all(urls: ServiceDatabase) -> None:
            await _add_people(self.tenant, urls)
            async with self.superuser_of(urls) as connection:
                await connection.execute(FOR_FILLING)
                await fill(connection, self.tenant)
                await connection.execute("VACUUM ANALYZE", timeout=3_600)
                await connection.execute("CHECKPOINT", timeout=600)  # not while measuring

        return fill_all

    async def start(self, *names: str) -> None:
        """Start processes such as `mtl-api` or `l2o-consumer-2`, and wait until they are ready."""
        if any("-api" not in name for name in names):
            await self.create_topics()
        for name in names:
            if name not in self.processes:
                self.processes[name] = self._process(name)
                self.processes[name].start()
        await asyncio.gather(*(self.processes[name].ready() for name in names))

    async def create_topics(self) -> None:
        """Create the topics of all services, once; those of earlier runs are deleted."""
        if "topics" not in self.once:
            await _delete_topics()
            command = [sys.executable, "-m", "chassis", "topics"]
            await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=self.env, check=True)
            await asyncio.sleep(3)  # until every partition has its leader
            self.once["topics"] = True

    async def stop(self, *names: str) -> None:
        """End these processes at once; those that do not run are left out."""
        ended = [self.processes.pop(name) for name in names if name in self.processes]
        await asyncio.gather(*(asyncio.to_thread(one.stop) for one in ended))

    def pid(self, name: str) -> int:
        running = self.processes[name].running
        assert running is not None
        return running.pid

    def cpu(self, names: Iterable[str]) -> float:
        """Return the CPU seconds so far of these processes and of PostgreSQL."""
        return accounting.cpu_seconds([*map(self.pid, names), self.postgres_pid])

    async def send(
        self, service: str, requests: Sequence[Request], *, connections: int, every: float = 0.0
    ) -> Sent:
        """Send requests to all API processes of a service, in turn. Raises LoadFailed."""
        apis = [one for name, one in self.processes.items() if name.startswith(f"{service}-api")]
        ports = [one.api_port for one in apis if one.api_port is not None]
        return await send(ports, requests, connections=connections, every=every)

    def headers(self, role: str = "admin") -> dict[str, str]:
        """Return the headers of a person: a token of their own, as they would present it."""
        subject, scope = ROLES[role]
        return self.headers_of(subject, scope)

    def headers_of(self, subject: str, scope: str) -> dict[str, str]:
        """Return the headers of a person with a token of these scopes."""
        return tokens.bearer(self.tenant, sub=subject, scope=scope) | {"Accept-Language": "zh-CN"}

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """The database of a service as its worker role."""
        database = Database(self.databases[service].worker_url, name="bench")
        try:
            yield database
        finally:
            await database.dispose()

    def superuser(self, service: str) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A connection that no policy binds, for filling and checking; writes as the tenant."""
        return self.superuser_of(self.databases[service])

    @asynccontextmanager
    async def superuser_of(self, database: ServiceDatabase) -> AsyncIterator[asyncpg.Connection]:
        """As `superuser`, in any database."""
        connection = await asyncpg.connect(databases.admin_dsn(), database=database.name)
        try:
            await connection.execute(f"SET app.tenant = '{self.tenant}'")
            yield connection
        finally:
            await connection.close()

    def _process(self, name: str) -> Process:
        service, part = name.split("-")[:2]
        log = self.folder / f"{name}.log"
        log.unlink(missing_ok=True)
        if part == "api":
            return Process(name, ("api", service), self.env, free_port(), log, api_port=free_port())
        return Process(name, ("worker", service, "--only", part), self.env, free_port(), log)


async def _delete_topics() -> None:
    """Delete all topics: their events are of databases that exist no more."""
    admin = AIOKafkaAdminClient(bootstrap_servers=os.environ["KAFKA_BOOTSTRAP"])
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if not name.startswith("__")]
        if names:
            await admin.delete_topics(names)
    finally:
        await admin.close()


@asynccontextmanager
async def running_system(folder: Path) -> AsyncIterator[tuple[System, BareApp]]:
    """Create the databases with one tenant, serve the keys of its tokens, start the bare app."""
    with _published_keys() as keys_url:
        env = _production(keys_url)
        os.environ |= env  # the generator computes digests with the same secrets
        system = System(folder, env, TENANT, await _postgres_pid())
        bare = BareApp(folder)
        try:
            await templates.drop_others()
            await _create_databases(system)
            await bare.start()
            yield system, bare
        finally:
            await system.stop(*list(system.processes))
            bare.stop()


def _production(keys_url: str) -> dict[str, str]:
    secret = "a secret of the benchmark, long enough for production"
    return {
        **os.environ,
        "L2C_MODE": "production",
        "L2C_DRAIN_SECONDS": "0",  # a hundred ends of an API, and no load balancer that drains
        "L2C_SECRET": secret,
        "L2C_DIGEST_SECRET": secret,
        "L2C_ENCRYPTION_KEYS": key_named("bench", 7),
        "MTL_LEAD_KEY_SECRET": secret,
        "OIDC_ISSUER": tokens.ISSUER,
        "OIDC_AUDIENCE": tokens.AUDIENCE,
        "OIDC_JWKS_URL": keys_url,
    }


async def _postgres_pid() -> int:
    admin = await asyncpg.connect(databases.admin_dsn())
    try:
        if await admin.fetchval("SHOW synchronous_commit") != "on":
            raise AssertionError("the benchmark needs a server with synchronous_commit = on")
        file = await admin.fetchval("SELECT pg_read_file('postmaster.pid')")
    finally:
        await admin.close()
    return int(file.splitlines()[0])


async def _create_databases(system: System) -> None:
    for service in SERVICES:
        one = await databases.create_database(service, "bench")
        system.databases[service] = one
        system.env[f"{service.upper()}_DATABASE_URL"] = one.app_url
        system.env[f"{service.upper()}_WORKER_DATABASE_URL"] = one.worker_url
        system.env[f"{service.upper()}_OWNER_DATABASE_URL"] = one.owner_url
        if service != "org":
            await _add_people(system.tenant, one)


async def _add_people(tenant: UUID, urls: ServiceDatabase) -> None:
    owner = Database(urls.owner_url, name="bench-owner")
    async with owner.begin(tenant) as tx:
        await add_tenant(tx)
        for statement in DIRECTORY:
            values = {"seller": SELLER} if ":seller" in statement else {}
            await tx.execute(text(statement), values)
    await owner.dispose()


@contextmanager
def _published_keys() -> Iterator[str]:
    """Serve the public key of the bench's tokens, as an issuer does."""
    content = json.dumps(tokens.jwks()).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Write nothing between the rows of the table."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/jwks"
    finally:
        server.shutdown()
        server.server_close()
