"""Brings Kafka's topics in line with the manifest: creates and alters, never deletes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from contracts.topics import TopicSpec, topic_manifest

MAX_REPLICATION_FACTOR = 3
DYNAMIC_TOPIC_CONFIG = 1  # the source of a value that was set on the topic itself

log = structlog.get_logger(__name__)


@dataclass
class TopicChanges:
    """What was done; `narrow` topics have fewer partitions than the manifest says.

    More partitions would send the events of one key to another partition than the earlier ones,
    so that is a person's decision.
    """

    created: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    narrow: list[str] = field(default_factory=list)


async def apply_manifest(bootstrap: str, specs: Sequence[TopicSpec] | None = None) -> TopicChanges:
    """Create missing topics and set the configuration of the others; idempotent.

    Raises aiokafka's errors.
    """
    wanted = list(topic_manifest() if specs is None else specs)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="l2c-topics")
    await admin.start()
    try:
        replicas = min(MAX_REPLICATION_FACTOR, len((await admin.describe_cluster())["brokers"]))
        existing = set(await admin.list_topics())
        missing = [spec for spec in wanted if spec.name not in existing]
        present = [spec for spec in wanted if spec.name in existing]
        applied = TopicChanges(created=await _create(admin, missing, replicas))
        applied.altered = await _alter(admin, present, replicas)
        applied.narrow = await _narrow(admin, present)
    finally:
        await admin.close()
    log.info("topics_applied", created=len(applied.created), altered=len(applied.altered))
    return applied


async def _create(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replicas: int
) -> list[str]:
    if not specs:
        return []
    response = await admin.create_topics(
        [
            NewTopic(
                name=spec.name,
                num_partitions=spec.partitions,
                replication_factor=replicas,
                topic_configs=spec.configs(replicas=replicas),
            )
            for spec in specs
        ]
    )
    for name, code, message in response.topic_errors:
        if code:
            raise for_code(code)(f"{name}: {message}")
    return [spec.name for spec in specs]


async def _alter(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replicas: int
) -> list[str]:
    """Alter what differs. The request replaces all that was set on a topic, so it is sent whole."""
    altered = []
    for spec in specs:
        current = await _own_configs(admin, spec.name)
        wanted = current | spec.configs(replicas=replicas)
        if wanted != current:
            resource = ConfigResource(ConfigResourceType.TOPIC, spec.name, configs=wanted)
            for response in await admin.alter_configs([resource]):
                _raise_on_error(response.resources, spec.name)
            altered.append(spec.name)
    return altered


async def _own_configs(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    """What was set on the topic itself, an operator's own settings among it."""
    found: dict[str, str] = {}
    for response in await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)]):
        _raise_on_error(response.resources, name)
        for _, _, _, _, entries in response.resources:
            found |= {e[0]: e[1] for e in entries if e[3] == DYNAMIC_TOPIC_CONFIG}
    return found


def _raise_on_error(resources: Sequence[Any], name: str) -> None:
    for resource in resources:
        if resource[0]:
            raise for_code(resource[0])(f"{name}: {resource[1]}")


async def _narrow(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[str]:
    if not specs:
        return []
    partitions = {spec.name: spec.partitions for spec in specs}
    described = await admin.describe_topics(list(partitions))
    narrow = [
        topic["topic"]
        for topic in described
        if len(topic["partitions"]) < partitions[topic["topic"]]
    ]
    for name in narrow:
        log.warning("topic_has_too_few_partitions", topic=name, wanted=partitions[name])
    return narrow
