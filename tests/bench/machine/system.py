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
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import UUID

import asyncpg
from sqlalchemy import text

from chassis.database.engine import Database
from deploy.services import SERVICES
from testkit import databases, tokens
from testkit.databases import ServiceDatabase
from testkit.encryption_keys import key_named
from testkit.tenants import add_tenant
from tests.bench.company import DIRECTORY
from tests.bench.machine import accounting, bare_app, templates
from tests.bench.machine.load import Request, Sent, send
from tests.system.harness import Process, free_port

ROOT = Path(__file__).parents[3]
BARE = "bare"
TENANT = UUID("01990000-0000-7000-8000-00000000be6c")  # filled databases stay for later runs
Fill = Callable[[asyncpg.Connection, UUID], Awaitable[None]]
SELLER = UUID("01990000-0000-7000-8000-000000000007")  # the id of person-7 in the directory
WORK_SCOPES = "mtl.lead l2o.account l2o.contact l2o.opportunity cpq.quote rms.order rms.receivable"
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

    async def use_filled(self, service: str, name: str, fill: Fill) -> None:
        """Let a service have a copy of a database that `fill` has filled once; `name` names it.

        Processes of the service end: they would hold the database that is replaced.
        """
        if self.once.get(service) != name:
            await self.stop(*[each for each in self.processes if each.startswith(f"{service}-")])
            await templates.copy_filled(self.databases[service], name, partial(self._fill, fill))
            self.once[service] = name

    async def _fill(self, fill: Fill, urls: ServiceDatabase) -> None:
        await _add_people(self.tenant, urls)
        connection = await asyncpg.connect(databases.admin_dsn(), database=urls.name)
        await connection.execute(f"SET app.tenant = '{self.tenant}'")
        await fill(connection, self.tenant)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()

    async def start(self, *names: str) -> None:
        """Start processes such as `mtl-api` or `l2o-consumer`, and wait until they are ready."""
        if any(not name.endswith("-api") for name in names):
            await self.create_topics()
        for name in names:
            if name not in self.processes:
                self.processes[name] = self._process(name)
                self.processes[name].start()
        await asyncio.gather(*(self.processes[name].ready() for name in names))

    async def create_topics(self) -> None:
        """Create the topics of all services, once."""
        if "topics" not in self.once:
            command = [sys.executable, "-m", "chassis", "topics"]
            await asyncio.to_thread(subprocess.run, command, cwd=ROOT, env=self.env, check=True)
            await asyncio.sleep(3)  # until every partition has its leader
            self.once["topics"] = True

    async def stop(self, *names: str) -> None:
        for name in names:
            if name in self.processes:
                await asyncio.to_thread(self.processes.pop(name).stop)

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
        """Send requests to the API of a service. Raises LoadFailed."""
        port = self.processes[f"{service}-api"].api_port
        assert port is not None
        return await send(port, requests, connections=connections, every=every)

    def headers(self, role: str = "admin") -> dict[str, str]:
        """Return the headers of a person: a token of their own, as they would present it."""
        subject, scope = ROLES[role]
        return tokens.bearer(self.tenant, sub=subject, scope=scope) | {"Accept-Language": "zh-CN"}

    @asynccontextmanager
    async def database(self, service: str) -> AsyncIterator[Database]:
        """The database of a service as its worker role."""
        database = Database(self.databases[service].worker_url, name="bench")
        try:
            yield database
        finally:
            await database.dispose()

    @asynccontextmanager
    async def superuser(self, service: str) -> AsyncIterator[asyncpg.Connection]:
        """A connection that no policy binds, for filling and checking; writes as the tenant."""
        connection = await asyncpg.connect(
            databases.admin_dsn(), database=self.databases[service].name
        )
        try:
            await connection.execute(f"SET app.tenant = '{self.tenant}'")
            yield connection
        finally:
            await connection.close()

    def _process(self, name: str) -> Process:
        service, _, part = name.partition("-")
        log = self.folder / f"{name}.log"
        log.unlink(missing_ok=True)
        if part == "api":
            return Process(name, ("api", service), self.env, free_port(), log, api_port=free_port())
        return Process(name, ("worker", service, "--only", part), self.env, free_port(), log)


class BareApp:
    """The bare application with its database (see `bare_app`)."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "bare.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    async def start(self) -> None:
        dsn = databases.admin_dsn()
        admin = await asyncpg.connect(dsn)
        await admin.execute(f"DROP DATABASE IF EXISTS {BARE} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {BARE}")
        await admin.close()
        inside = await asyncpg.connect(dsn, database=BARE)
        await inside.execute(bare_app.TABLE)
        await inside.close()
        url = dsn.rpartition("/")[0] + f"/{BARE}"
        command = [sys.executable, "-m", "uvicorn", "tests.bench.machine.bare_app:app"]
        options = ["--port", str(self.port), "--loop", "uvloop", "--no-access-log"]
        self._start([*command, *options], {**os.environ, bare_app.DATABASE_URL: url})
        await self._wait()

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT
            )

    async def _wait(self) -> None:
        for _ in range(300):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
        raise AssertionError(f"the bare application does not start:\n{self._log.read_text()}")

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()


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
