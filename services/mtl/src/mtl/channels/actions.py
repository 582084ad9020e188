"""The commands on channels."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.foundation.texts import Text
from chassis.records.access.transfers import active_owner_name
from chassis.records.access_keys.keys import IssuedAccessKey, issue_access_key
from chassis.records.access_keys.purposes import AccessPurpose
from chassis.records.custom_fields.values import locked_definitions
from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from mtl.channels.domain.channel import Channel
from mtl.channels.domain.rules import parse_rules
from mtl.channels.store import CHANNEL, CHANNELS
from mtl.leads.store import LEADS
from mtl.pools.store import is_active_pool
from rules.custom_fields import custom_field_spec

CAPTURE_KEY: Final = AccessPurpose(
    code="mtl.channel.capture",
    title=Text("提交线索", "Hand in leads"),
    scoped=CHANNELS,
    lifetime=timedelta(days=3653),
    requests_per_minute=6_000,
)


async def create_channel(command: Command, channel: Channel) -> Channel:
    """Create a channel whose rules are valid.

    Raises Invalid with all violations of the rules, the owner (OWNER_UNKNOWN, OWNER_INACTIVE) and
    the custom fields.
    """
    await _ensure_valid(command, None, channel)
    return await create_record(command, CHANNEL, channel)


async def edit_channel(
    command: Command, channel_id: UUID, edit: Callable[[Channel], Channel]
) -> Channel:
    """Apply an edit to a channel; its rules are checked if they change.

    Raises what `edit_record` raises, and Invalid as `create_channel` does.
    """

    async def check(before: Channel, after: Channel) -> None:
        await _ensure_valid(command, before, after)

    return await edit_record(command, CHANNEL, channel_id, edit, check=check)


async def issue_key(
    command: Command, channel_id: UUID, *, expires_at: datetime | None
) -> IssuedAccessKey:
    """Issue a further key to a channel; the others stay until they are revoked.

    Raises what `issue_access_key` raises.
    """
    return await issue_access_key(command, CAPTURE_KEY, channel_id, expires_at=expires_at)


async def _ensure_valid(command: Command, before: Channel | None, after: Channel) -> None:
    violations: list[Violation] = []
    if before is None or _rules_of(before) != _rules_of(after):
        definitions = await locked_definitions(command.tx, LEADS.resource)
        specs = [custom_field_spec(each) for each in definitions.values()]
        try:
            parse_rules(after.mapping, after.gate, after.honeypot, specs)
        except Invalid as invalid:
            violations += invalid.violations
    owner_id = after.default_owner_id
    if owner_id is not None and (before is None or before.default_owner_id != owner_id):
        try:
            await active_owner_name(command.tx, owner_id, pointer="/default_owner_id")
        except Invalid as invalid:
            violations += invalid.violations
    pool_id = after.default_pool_id
    is_chosen = pool_id is not None and (before is None or before.default_pool_id != pool_id)
    if pool_id is not None and is_chosen and not await is_active_pool(command.tx, pool_id):
        violations.append(Violation("/default_pool_id", "POOL_UNKNOWN"))
    if violations:
        raise Invalid(violations)


def _rules_of(channel: Channel) -> tuple[object, ...]:
    return channel.mapping, channel.gate, channel.honeypot
