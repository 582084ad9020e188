"""A PostgreSQL cluster for this checkout: created and started on 127.0.0.1."""

import asyncio
import locale
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from deploy.local.errors import CannotGoOn
from deploy.local.places import Place
from deploy.local.ports import HOST
from deploy.local.postgres_binaries import Binaries, choose, unprivileged_user
from deploy.local.processes import Program, group_of

SUPERUSER = "postgres"
CONNECTIONS = 400  # six services on one machine, each process with small pools of its own
# Tests must be fast, and may lose their data in a power failure.
CARELESS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",  # new databases and indexes are not logged
    "max_wal_senders": "0",
    "max_wal_size": "8GB",  # no checkpoints in between
    "checkpoint_timeout": "1h",
    "max_connections": "800",  # two processes with the pools of all services, beside whole systems
}
# No password on the socket, whose folder is closed to other users: the data stays accessible
# even if `.local` is lost.
HBA = f"local all all trust\nhost all all {HOST}/32 scram-sha-256\n"


@dataclass(frozen=True)
class Cluster:
    data: Path
    port: int
    password: str
    careless: bool = False

    @property
    def url(self) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@{HOST}:{self.port}/postgres"


def make(place: Place, cluster: Cluster) -> Program:
    """Return the cluster's program; create its data at the first start."""
    binaries, user = choose(place, _major_of(cluster.data)), unprivileged_user()
    if not (cluster.data / "PG_VERSION").exists():
        _create(cluster, binaries, user)
    (cluster.data / "pg_hba.conf").write_text(HBA)
    _link(place)
    settings = {
        "port": str(cluster.port),
        "listen_addresses": HOST,
        "unix_socket_directories": str(cluster.data),
        "max_connections": str(CONNECTIONS),
        "shared_buffers": "256MB",
        "timezone": "UTC",
        "logging_collector": "off",
        **(CARELESS if cluster.careless else {}),
    }
    argv = [str(binaries.folder / "postgres"), "-D", str(cluster.data)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    return Program(
        "postgres",
        tuple(argv),
        port=cluster.port,
        user=user,
        stop_signal=signal.SIGINT,  # "fast": ends sessions and shuts down cleanly
        cwd=cluster.data,
    )


def _major_of(data: Path) -> int | None:
    version = data / "PG_VERSION"
    return int(version.read_text()) if version.exists() else None


def _create(cluster: Cluster, binaries: Binaries, user: str | None) -> None:
    """Create the data in a folder beside and rename it, so that the data is always complete."""
    part = cluster.data.with_name(f"{cluster.data.name}.part")
    for leftover in (part, cluster.data):
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    if user:
        os.chown(part, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
    initdb = [str(binaries.folder / "initdb"), "-D", str(part), "-U", SUPERUSER, "-A", "trust"]
    completed = subprocess.run(
        [*initdb, "-E", "UTF8", "--no-sync", *_locale_options(binaries.major)],
        user=user,
        group=group_of(user),
        extra_groups=[] if user else None,
        cwd=part,
        capture_output=True,
        text=True,
    )
    if completed.returncode != 0:
        output = (completed.stderr.strip() or completed.stdout.strip()).splitlines()
        raise CannotGoOn(f"PostgreSQL could not create its data in {part}: {output[-1]}")
    part.rename(cluster.data)


def _locale_options(major: int) -> list[str]:
    """Sort by bytes, with letters of UTF-8; from 17 on independent of the operating system."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C", f"--lc-ctype={_utf8_locale()}"]


def _utf8_locale() -> str:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return next(filter(_exists, ("C.UTF-8", "C.utf8", "en_US.UTF-8", "UTF-8")), "C")
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _exists(name: str) -> bool:
    try:
        locale.setlocale(locale.LC_CTYPE, name)
    except locale.Error:
        return False
    return True


def _link(place: Place) -> None:
    link = place.local / "pg"
    link.unlink(missing_ok=True)
    link.symlink_to(place.postgres)


def wait_ready(cluster: Cluster, log: Path, alive: Callable[[], bool], timeout: float = 60) -> None:
    until = time.monotonic() + timeout
    while not asyncio.run(_answers(cluster)):
        if not alive() or time.monotonic() > until:
            raise CannotGoOn(f"PostgreSQL does not start: see {log}.", log)
        time.sleep(0.05)


async def _answers(cluster: Cluster) -> bool:
    try:
        await (await connect(cluster)).close(timeout=5)
    except (OSError, asyncpg.PostgresError, TimeoutError):
        return False
    return True


async def connect(cluster: Cluster, database: str = "postgres") -> "asyncpg.Connection":
    return await asyncpg.connect(
        host=str(cluster.data), port=cluster.port, user=SUPERUSER, database=database, timeout=10
    )


def set_superuser_password(cluster: Cluster) -> None:
    async def run() -> None:
        connection = await connect(cluster)
        await connection.execute(f"ALTER ROLE {SUPERUSER} PASSWORD '{cluster.password}'")
        await connection.close()

    asyncio.run(run())
