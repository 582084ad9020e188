"""Admission of streams (server-sent events): when they begin, and again before each later read.

A stream holds no transaction while it waits; each read has a short transaction of its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.foundation.refusals import Unauthenticated, Unavailable
from chassis.web.admission import admission_of, admitted_method
from chassis.web.auth import Caller, Principal
from chassis.web.transaction import begin_transaction
from kernel.errors import Forbidden

# Raised by `readmit_stream` when the caller may no longer use the service. The response has already
# begun, so the stream just ends.
NO_LONGER_ADMITTED = (Forbidden, Unauthenticated, Unavailable)


@asynccontextmanager
async def admit_stream(request: Request, caller: Principal) -> AsyncIterator[AsyncConnection]:
    """Admit a stream; the transaction ends before the stream begins.

    Raises what `Admission.admit` raises.
    """
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        await admission_of(request).admit(tx, caller, request.method)
        yield tx


@asynccontextmanager
async def readmit_stream(request: Request, caller: Principal) -> AsyncIterator[AsyncConnection]:
    """Open the transaction of a stream's next read. Raises one of NO_LONGER_ADMITTED."""
    database: Database = request.app.state.database
    async with database.begin(caller.tenant_id) as tx:
        await admission_of(request).readmit(tx, caller)
        yield tx


@asynccontextmanager
async def short_transaction(request: Request, caller: Principal) -> AsyncIterator[AsyncConnection]:
    """Open one of the transactions of a request that waits for the network between them.

    For routes without `Tx`, such as one that streams a body to an object store. Raises what
    `Admission.admit` raises.
    """
    async with begin_transaction(request)(caller.tenant_id) as tx:
        await admission_of(request).admit(tx, caller, admitted_method(request))
        yield tx


async def require_stream_admission(request: Request, caller: Caller) -> None:
    """Admit a stream that reads nothing else before it begins; used as a route dependency."""
    async with admit_stream(request, caller):
        pass
