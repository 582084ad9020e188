"""One Apache Kafka node in KRaft mode, broker and controller in one process, on 127.0.0.1."""

import asyncio
import base64
import os
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.errors import CannotGoOn
from deploy.local.kafka_jars import NoKafka, jars, java
from deploy.local.places import Place
from deploy.local.ports import HOST, is_open
from deploy.local.processes import Program

LARGEST_EVENT = 8 * 1024 * 1024
LARGEST_RECORD = LARGEST_EVENT + 1024 * 1024  # with headers, key and framing
LOGGING = "-Dorg.slf4j.simpleLogger."


@dataclass(frozen=True)
class Broker:
    folder: Path
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        return f"{HOST}:{self.port}"


def properties(broker: Broker) -> str:
    settings = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{HOST}:{broker.controller_port}",
        "listeners": (
            f"PLAINTEXT://{broker.bootstrap},CONTROLLER://{HOST}:{broker.controller_port}"
        ),
        "advertised.listeners": f"PLAINTEXT://{broker.bootstrap}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": broker.folder / "data",
        "auto.create.topics.enable": "false",  # a misspelled topic must fail
        "message.max.bytes": LARGEST_RECORD,
        "replica.fetch.max.bytes": LARGEST_RECORD,
        "socket.request.max.bytes": 10 * LARGEST_RECORD,
        "group.initial.rebalance.delay.ms": 0,
        "offsets.retention.minutes": 35 * 24 * 60,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def make(place: Place, broker: Broker) -> Program:
    """Return the broker's program; format its storage at the first start.

    Raises NoKafka if this machine cannot run a broker.
    """
    if os.environ.get("L2C_KAFKA") == "courier":
        raise NoKafka("L2C_KAFKA=courier is set")
    runtime, classes = java(), f"{jars(place)}/*"
    broker.folder.mkdir(parents=True, exist_ok=True)
    settings = broker.folder / "server.properties"
    settings.write_text(properties(broker))
    if not (broker.folder / "data" / "meta.properties").exists():
        _format(runtime, classes, settings)
    argv = (
        runtime,
        "-Xmx512m",
        f"{LOGGING}defaultLogLevel=warn",
        f"{LOGGING}showDateTime=true",
        f"{LOGGING}dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-cp",
        classes,
        "kafka.Kafka",
        str(settings),
    )
    return Program("kafka", argv, port=broker.port, cwd=broker.folder)


def _format(runtime: str, classes: str, settings: Path) -> None:
    identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    command = [runtime, "-cp", classes, "kafka.tools.StorageTool", "format"]
    # One argument, because an id may begin with "-".
    command += [f"--cluster-id={identity}", "-c", str(settings)]
    completed = subprocess.run(command, capture_output=True, text=True)
    if completed.returncode != 0:
        lines = (completed.stderr.strip() or completed.stdout.strip()).splitlines()
        reason = lines[-1][:300] if lines else "(no output)"
        raise NoKafka(f"Kafka could not format its storage; it says: {reason}")


def wait_ready(broker: Broker, log: Path, alive: Callable[[], bool], timeout: float = 90) -> None:
    """Wait until the broker lists itself; an open port is not enough. Raises CannotGoOn."""
    until = time.monotonic() + timeout
    while not (is_open(broker.port) and asyncio.run(answers(broker.bootstrap))):
        if not alive() or time.monotonic() > until:
            raise CannotGoOn(f"Kafka does not start: see {log}.", log)
        time.sleep(0.2)


async def answers(bootstrap: str) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5_000)
    try:
        await admin.start()
        return bool((await admin.describe_cluster())["brokers"])
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
