"""The processes of the two modes, as data: what `make up` starts on which ports."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.places import ROOT
from deploy.local.ports import HOST, Ports
from deploy.local.processes import Program
from deploy.services import SERVICES

API_PORT, OPERATORS_PORT, WORKER_PORT = 8000, 8090, 8100
READY = "/readyz"
PARTS = ("relay", "consumer", "jobs")
CHASSIS = (sys.executable, "-m", "chassis")


@dataclass(frozen=True)
class Plan:
    """`apis` is service -> port; the same port for all of them when they run together.

    A program has a name, arguments of chassis, and the port of its health and metrics.
    """

    apis: Mapping[str, int]
    programs: tuple[tuple[str, tuple[str, ...], int], ...]

    @property
    def urls(self) -> dict[str, str]:
        return {service: f"http://{HOST}:{port}" for service, port in self.apis.items()}

    @property
    def issuer(self) -> str:
        return f"{self.urls['org']}/org/v1"


def together(ports: Ports) -> Plan:
    """All APIs in one process, all workers in another."""
    api, health, worker = (ports.take(p) for p in (API_PORT, OPERATORS_PORT, WORKER_PORT))
    programs = (
        ("api", _api(api, health, *SERVICES), health),
        ("workers", ("worker", *SERVICES, "--port", str(worker)), worker),
    )
    return Plan(dict.fromkeys(SERVICES, api), programs)


def split(ports: Ports) -> Plan:
    """As in production: a process per API, relay, consumer and job runner."""
    apis = {service: ports.take(API_PORT + 1) for service in SERVICES}
    alone = []
    for service, port in apis.items():
        health = ports.take(OPERATORS_PORT)
        alone.append((f"{service}-api", _api(port, health, service), health))
    workers = []
    for service in SERVICES:
        for part in PARTS:
            port = ports.take(WORKER_PORT + 1)
            arguments = ("worker", service, "--only", part, "--port", str(port))
            workers.append((f"{service}-{part}", arguments, port))
    return Plan(apis, (*alone, *workers))


def _api(port: int, health: int, *services: str) -> tuple[str, ...]:
    return ("api", *services, "--port", str(port), "--operators-port", str(health))


MODES = {"together": together, "split": split}


def programs(plan: Plan, env: Mapping[str, str]) -> list[Program]:
    return [
        Program(
            name,
            (*CHASSIS, *arguments),
            only_own(env, arguments),
            port,
            READY,
            cwd=ROOT,
        )
        for name, arguments, port in plan.programs
    ]


def only_own(env: Mapping[str, str], arguments: tuple[str, ...]) -> dict[str, str]:
    """Return the settings of a process: of its own services and role, without owners' passwords."""
    is_api = arguments[0] == "api"
    own = {f"{name.upper()}_" for name in SERVICES if name in arguments}
    other_services = {f"{name.upper()}_" for name in SERVICES} - own
    role = "DATABASE_URL" if is_api else "WORKER_DATABASE_URL"
    issuer = () if is_api else ("ORG_DEV_ISSUER", "ORG_SIGNING_KEY_FILE")
    return {
        name: value
        for name, value in env.items()
        if not name.startswith(tuple(other_services))
        and name not in issuer
        and (not name.endswith("_DATABASE_URL") or name in {f"{prefix}{role}" for prefix in own})
    }


def migrate(env: Mapping[str, str]) -> Program:
    return Program("migrate", (*CHASSIS, "migrate", *SERVICES), env, cwd=ROOT)


def demo_tenant(env: Mapping[str, str]) -> Program:
    command = (sys.executable, "-m", "org.seed", str(ROOT / "deploy" / "demo" / "tenant.json"))
    return Program("seed", command, env, cwd=ROOT)


def topics(env: Mapping[str, str]) -> Program:
    return Program("topics", (*CHASSIS, "topics"), env, cwd=ROOT)
