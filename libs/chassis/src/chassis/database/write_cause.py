"""Who and what causes the writes of a transaction, told to the triggers through a setting."""

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import Context, current

_ATTRIBUTE = text(
    "SELECT set_config('app.cause', :cause, true), set_config('app.reason', '', true)"
)
_REASON = text("SELECT set_config('app.reason', :reason, true)")


def cause_of(context: Context) -> str:
    """What `app.cause` holds, as JSON."""
    told = {
        "actor": context.actor,
        "request_id": context.request_id,
        "origin": _origin(context),
        "trace_id": context.trace_id,
    }
    return orjson.dumps(told).decode()


def _origin(context: Context) -> str | None:
    if context.job_id is not None:
        return f"job:{context.job_id}"
    return f"event:{context.causation_id}" if context.causation_id is not None else None


async def attribute(tx: AsyncConnection) -> None:
    """Lay what follows in this transaction to the current context.

    BEGIN has done so already; this is for who does several things in one transaction.
    """
    await tx.execute(_ATTRIBUTE, {"cause": cause_of(current())})


async def give_reason(tx: AsyncConnection, reason: str) -> None:
    """Let the audit entries of what follows in this transaction carry a reason."""
    await tx.execute(_REASON, {"reason": reason})
