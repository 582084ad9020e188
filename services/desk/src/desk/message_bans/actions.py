"""The commands on message bans."""

from uuid import UUID

from chassis.database.advisory_locks import lock_key
from chassis.records.record_commands import create_record, remove_record
from chassis.web.commands import Command
from contracts.messages import MessageChannel
from desk.message_bans.domain import BanReason, MessageBan
from desk.message_bans.store import MESSAGE_BAN, find_ban
from kernel.hints import hint_of
from kernel.ids import new_id


async def ban_address(
    command: Command,
    channel: MessageChannel,
    address: str,
    *,
    reason: BanReason,
    note: str | None = None,
) -> MessageBan:
    """Send nothing to an address any more; a ban that there is stays as it is."""
    await lock_key(command.tx, "desk.message_bans")
    found = await find_ban(command.tx, channel, address)
    if found is not None:
        return found
    ban = MessageBan(
        id=new_id(),
        channel=channel,
        address_digest=address,
        hint=hint_of(address),
        reason=reason,
        note=note,
        created_by=command.actor,
        created_at=command.now,
        updated_at=command.now,
    )
    return await create_record(command, MESSAGE_BAN, ban)


async def lift_ban(command: Command, ban_id: UUID) -> None:
    """Let messages go to an address again. Raises NotFound, and what `remove_record` raises."""
    await remove_record(command, MESSAGE_BAN, ban_id)
