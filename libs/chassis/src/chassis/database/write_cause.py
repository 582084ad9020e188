"""The write cause: who and what causes the writes of a transaction, for the audit triggers."""

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import Context, current

_ATTRIBUTE = text(
    "SELECT set_config('app.cause', :cause, true), set_config('app.reason', '', true)"
)
_PRESENT_REASON = text("SELECT current_setting('app.reason', true)")
_REASON = text("SELECT set_config('app.reason', :reason, true)")


def write_cause(context: Context) -> str:
    """Return the value of the setting `app.cause`, as JSON."""
    cause = {
        "actor": context.actor,
        "request_id": context.request_id,
        "origin": _origin(context),
        "trace_id": context.trace_id,
    }
    return orjson.dumps(cause).decode()


def _origin(context: Context) -> str | None:
    if context.origin is not None:
        return context.origin
    if context.job_id is not None:
        return f"job:{context.job_id}"
    return f"event:{context.causation_id}" if context.causation_id is not None else None


async def attribute_writes(tx: AsyncConnection) -> None:
    """Attribute later writes of this transaction to the current context.

    BEGIN has done so already; call this when one transaction works for several causes.
    """
    await tx.execute(_ATTRIBUTE, {"cause": write_cause(current())})


async def audit_reason(tx: AsyncConnection) -> str | None:
    """Return the reason that the audit entries of this transaction's writes have now."""
    return (await tx.execute(_PRESENT_REASON)).scalar_one() or None


async def set_audit_reason(tx: AsyncConnection, reason: str | None) -> None:
    """Record a reason, or none, in the audit entries of this transaction's later writes."""
    await tx.execute(_REASON, {"reason": reason or ""})
