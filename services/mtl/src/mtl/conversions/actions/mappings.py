"""The commands that publish the mapping from leads to the records that they become."""

from chassis.web.commands import Command
from mtl.conversions.views.mappings import mapping_of
from mtl.rule_sets.store import LEAD_CONVERSION, VERSIONS
from rules.versions import Content, Draft, RuleVersion, publish, roll_back


async def publish_mapping(
    command: Command, mapping: Content, *, based_on: int, note: str
) -> RuleVersion:
    """Publish a mapping that was checked. Raises Conflict (RULE_VERSION_STALE)."""
    latest = await VERSIONS.latest(command.tx, LEAD_CONVERSION)
    draft = Draft(content=mapping, based_on=based_on)
    version = publish(latest, draft, by=command.actor or "", at=command.now, note=note)
    return await _added(command, latest, version)


async def restore_mapping(
    command: Command, number: int, *, based_on: int, note: str
) -> RuleVersion:
    """Publish the mapping of an earlier version again.

    Raises NotFound, Invalid if a target or a source of it is gone, Conflict (RULE_VERSION_STALE).
    """
    to = await VERSIONS.get(command.tx, LEAD_CONVERSION, number)
    await mapping_of(command.tx, number)
    latest = await VERSIONS.latest(command.tx, LEAD_CONVERSION)
    assert latest is not None
    by = command.actor or ""
    version = roll_back(latest, to, expected=based_on, by=by, at=command.now, note=note)
    return await _added(command, latest, version)


async def _added(command: Command, latest: RuleVersion | None, version: RuleVersion) -> RuleVersion:
    if version is not latest:
        await VERSIONS.add(command.tx, LEAD_CONVERSION, version)
    return version
