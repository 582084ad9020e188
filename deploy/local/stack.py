"""Starts the system in order: PostgreSQL, Kafka, migrations, topics, services."""

import asyncio
import json
import os
from collections.abc import Callable

from deploy.local import databases, kafka, plan, postgres
from deploy.local.errors import CannotGoOn
from deploy.local.kafka_jars import NoKafka, fetched
from deploy.local.passwords import passwords, signing_key
from deploy.local.places import Place, write_private
from deploy.local.plan import Plan
from deploy.local.ports import Ports
from deploy.local.supervisor import Supervisor

POSTGRES_PORT, KAFKA_PORT, CONTROLLER_PORT = 54320, 19092, 19192

# Many processes share one server, or few do.
SMALL_POOLS = {"L2C_POOL_SIZE": "4", "L2C_POOL_OVERFLOW": "4"}
LARGE_POOLS = {"L2C_POOL_SIZE": "10", "L2C_POOL_OVERFLOW": "10"}


def bring_up(
    supervisor: Supervisor, mode: str, layout: Callable[[Ports], Plan] | None = None
) -> None:
    """Start everything; `layout` replaces the processes of the mode."""
    ports = Ports()
    chosen = (layout or plan.MODES[mode])(ports)
    env = _start_postgres(supervisor, ports)
    env |= {"KAFKA_BOOTSTRAP": _start_kafka(supervisor, ports, mode)}
    env |= _settings(supervisor.place, chosen, mode)
    databases.ensure_connections(plan.programs(chosen, env), env)
    supervisor.know(mode=mode, urls=chosen.urls)
    write_private(supervisor.place.env, json.dumps(env).encode())
    supervisor.say("starting", "migrations")
    supervisor.step(plan.migrate(env))
    if env["KAFKA_BOOTSTRAP"]:
        supervisor.say("starting", "topics")
        supervisor.step(plan.topics(env))
    if env["L2C_MODE"] == "development":
        supervisor.say("starting", "the demo tenant")
        supervisor.step(plan.demo_tenant(env))
    supervisor.say("starting", "services")
    supervisor.wait_ready(supervisor.add(*plan.programs(chosen, env)))


def _start_postgres(supervisor: Supervisor, ports: Ports) -> dict[str, str]:
    place = supervisor.place
    if databases.are_external(os.environ):
        supervisor.know(postgres="at the *_DATABASE_URL of the environment")
        return {name: os.environ[name] for name in databases.variables()}
    supervisor.say("starting", "PostgreSQL")
    secret = passwords(place)
    cluster = postgres.Cluster(place.postgres, ports.take(POSTGRES_PORT), secret.superuser)
    [watch] = supervisor.add(postgres.make(place, cluster))
    postgres.wait_ready(cluster, watch.log, lambda: supervisor.still(watch))
    postgres.set_superuser_password(cluster)
    databases.create(cluster, secret.roles)
    supervisor.know(postgres=f"127.0.0.1:{cluster.port}")
    return databases.urls(cluster.port, secret.roles)


def _start_kafka(supervisor: Supervisor, ports: Ports, mode: str) -> str:
    """Return the bootstrap address; empty if there is no broker to start."""
    if bootstrap := os.environ.get("KAFKA_BOOTSTRAP"):
        return _external_kafka(supervisor, bootstrap)
    place = supervisor.place
    once = "" if fetched(place) else ": downloading its jars, once, about a minute"
    supervisor.say("starting", f"Kafka{once}")
    broker = kafka.Broker(place.kafka, ports.take(KAFKA_PORT), ports.take(CONTROLLER_PORT))
    try:
        program = kafka.make(place, broker)
    except NoKafka as reason:
        if mode == "split":
            raise CannotGoOn(f"MODE=split needs Kafka, which cannot run here. {reason}.") from None
        supervisor.know(kafka_missing=str(reason))
        return ""
    [watch] = supervisor.add(program)
    kafka.wait_ready(broker, watch.log, lambda: supervisor.still(watch))
    supervisor.know(kafka=broker.bootstrap)
    return broker.bootstrap


def _external_kafka(supervisor: Supervisor, bootstrap: str) -> str:
    if not asyncio.run(kafka.answers(bootstrap)):
        raise CannotGoOn(
            f"KAFKA_BOOTSTRAP={bootstrap} does not answer: start that broker, or unset the "
            "variable to have one started here."
        )
    supervisor.know(kafka=bootstrap)
    return bootstrap


def _settings(place: Place, chosen: plan.Plan, mode: str) -> dict[str, str]:
    """Return the other settings of the services; values of the environment take precedence."""
    secret = passwords(place)
    defaults = {
        "L2C_MODE": "development",
        "L2C_SECRET": secret.app,
        "L2C_DIGEST_SECRET": secret.digests,
        "L2C_ENCRYPTION_KEYS": secret.encryption_keys,
        "MTL_LEAD_KEY_SECRET": secret.lead_keys,
        "OIDC_ISSUER": chosen.issuer,
        "OIDC_JWKS_URL": f"{chosen.issuer}/oauth/jwks",
        "ORG_DEV_ISSUER": "true",
        "ORG_SIGNING_KEY_FILE": str(signing_key(place)),
        "LOG_LEVEL": "INFO",
        **(SMALL_POOLS if mode == "split" else LARGE_POOLS),
    }
    return {name: os.environ.get(name, value) for name, value in defaults.items()}
