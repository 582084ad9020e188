"""Streams pass the gate like requests do: when they begin, and at each look they take.

They hold no transaction while they wait; each look is a short one of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.foundation.refusals import Unavailable
from chassis.web.admission import admission_of
from chassis.web.auth import Caller, Principal
from kernel.errors import Forbidden

# What a look raises when the caller is let in no more: the answer has begun, the stream just ends.
NO_LONGER_ADMITTED = (Forbidden, Unavailable)


@asynccontextmanager
async def admit_stream(request: Request, caller: Principal) -> AsyncIterator[AsyncConnection]:
    """A transaction that is over before the stream begins. Raises what `Admission.enter` raises."""
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        await admission_of(request).enter(tx, caller, request.method)
        yield tx


@asynccontextmanager
async def readmit_stream(request: Request, caller: Principal) -> AsyncIterator[AsyncConnection]:
    """A transaction for one look of a stream. Raises one of TURNED_AWAY."""
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        await admission_of(request).look(tx, caller)
        yield tx


async def require_stream_admission(request: Request, caller: Caller) -> None:
    """A dependency of streams that have nothing else to read before they begin."""
    async with admit_stream(request, caller):
        pass
