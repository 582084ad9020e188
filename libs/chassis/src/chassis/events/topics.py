"""Applies the topic manifest to Kafka: creates and alters topics, never deletes one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import for_code

from contracts.topics import TopicSpec, topic_manifest

MAX_REPLICATION_FACTOR = 3
DYNAMIC_TOPIC_CONFIG = 1  # the source of a value set on the topic itself

log = structlog.get_logger(__name__)


@dataclass
class TopicChanges:
    """The topics created and altered, and those with fewer partitions than the manifest says.

    Partitions are not added automatically: later events of a key would go to another partition
    than the earlier ones, so an operator must decide.
    """

    created: list[str] = field(default_factory=list)
    altered: list[str] = field(default_factory=list)
    too_few_partitions: list[str] = field(default_factory=list)


async def apply_manifest(bootstrap: str, specs: Sequence[TopicSpec] | None = None) -> TopicChanges:
    """Create missing topics and set the configuration of the others; idempotent.

    Raises aiokafka's errors.
    """
    required = list(topic_manifest() if specs is None else specs)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, client_id="l2c-topics")
    await admin.start()
    try:
        replication = min(MAX_REPLICATION_FACTOR, len((await admin.describe_cluster())["brokers"]))
        existing = set(await admin.list_topics())
        missing = [spec for spec in required if spec.name not in existing]
        present = [spec for spec in required if spec.name in existing]
        changes = TopicChanges(created=await _create(admin, missing, replication))
        changes.altered = await _alter(admin, present, replication)
        changes.too_few_partitions = await _too_few_partitions(admin, present)
    finally:
        await admin.close()
    log.info("topics_applied", created=len(changes.created), altered=len(changes.altered))
    return changes


async def _create(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication: int
) -> list[str]:
    if not specs:
        return []
    response = await admin.create_topics(
        [
            NewTopic(
                name=spec.name,
                num_partitions=spec.partitions,
                replication_factor=replication,
                topic_configs=spec.configs(replicas=replication),
            )
            for spec in specs
        ]
    )
    for name, code, message in response.topic_errors:
        if code:
            raise for_code(code)(f"{name}: {message}")
    return [spec.name for spec in specs]


async def _alter(
    admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec], replication: int
) -> list[str]:
    """Alter the topics that differ. A request replaces all settings of a topic: send them all."""
    altered = []
    for spec in specs:
        current = await _own_configs(admin, spec.name)
        required = current | spec.configs(replicas=replication)
        if required != current:
            resource = ConfigResource(ConfigResourceType.TOPIC, spec.name, configs=required)
            for response in await admin.alter_configs([resource]):
                _raise_on_error(response.resources, spec.name)
            altered.append(spec.name)
    return altered


async def _own_configs(admin: AIOKafkaAdminClient, name: str) -> dict[str, str]:
    """Return what was set on the topic itself, including an operator's own settings."""
    configs: dict[str, str] = {}
    for response in await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)]):
        _raise_on_error(response.resources, name)
        for _, _, _, _, entries in response.resources:
            configs |= {e[0]: e[1] for e in entries if e[3] == DYNAMIC_TOPIC_CONFIG}
    return configs


def _raise_on_error(resources: Sequence[Any], name: str) -> None:
    for resource in resources:
        if resource[0]:
            raise for_code(resource[0])(f"{name}: {resource[1]}")


async def _too_few_partitions(admin: AIOKafkaAdminClient, specs: Sequence[TopicSpec]) -> list[str]:
    if not specs:
        return []
    partitions = {spec.name: spec.partitions for spec in specs}
    described = await admin.describe_topics(list(partitions))
    names = [
        topic["topic"]
        for topic in described
        if len(topic["partitions"]) < partitions[topic["topic"]]
    ]
    for name in names:
        log.warning("topic_has_too_few_partitions", topic=name, expected=partitions[name])
    return names
