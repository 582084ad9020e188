"""The commands on message templates."""

from collections.abc import Callable
from uuid import UUID

from chassis.records.record_commands import create_record, edit_record
from chassis.web.commands import Command
from contracts.messages import MessageKind, declared_message_kinds
from desk.message_templates.domain import MessageTemplate
from desk.message_templates.store import MESSAGE_TEMPLATE


def kind_of_code(code: str) -> MessageKind | None:
    """Return the kind whose texts the templates of a code replace; None for a tenant's own code."""
    kinds = declared_message_kinds().values()
    return next((kind for kind in kinds if kind.code == code), None)


async def create_template(command: Command, template: MessageTemplate) -> MessageTemplate:
    """Create a template whose texts can be filled in.

    Raises Invalid with all violations, Conflict (MESSAGE_TEMPLATE_DUPLICATE, _DELETED).
    """
    template.ensure_valid(kind_of_code(template.code))
    return await create_record(command, MESSAGE_TEMPLATE, template)


async def edit_template(
    command: Command, template_id: UUID, edit: Callable[[MessageTemplate], MessageTemplate]
) -> MessageTemplate:
    """Apply an edit to a template; messages that were queued before stay as they are.

    Raises what `edit_record` raises, and Invalid as `create_template` does.
    """

    async def check(_: MessageTemplate, after: MessageTemplate) -> None:
        after.ensure_valid(kind_of_code(after.code))

    return await edit_record(command, MESSAGE_TEMPLATE, template_id, edit, check=check)
