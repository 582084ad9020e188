"""The database, and the tenant that every transaction runs as; `Tx` is in web.transaction."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.database.write_cause import cause_of
from chassis.foundation.context import current

PUBLISHED = "l2c.published"
ROW_LIMIT = (
    "l2c.row_limit"  # how many records the tenant may have; set by chassis.tenancy.tenant_admission
)


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """Sets the tenant, and who causes the writes, in the round trip of BEGIN; forgets both at once.

    Were they kept, the pool would hand them to the next tenant's transaction.
    """

    tenant: UUID | None = None
    cause: str = ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109  # asyncpg's signature
        if self.tenant is not None and query.startswith("BEGIN"):
            tenant, self.tenant = self.tenant, None
            cause, self.cause = self.cause.encode().hex(), ""  # in hex nothing needs quoting
            query = (
                f"{query} SELECT set_config('app.tenant', '{tenant}', true),"
                f" set_config('app.cause', convert_from(decode('{cause}', 'hex'), 'UTF8'), true);"
            )
        status: str = await super().execute(query, *args, timeout=timeout)
        return status


class Database:
    """One service's PostgreSQL through one role; `begin` is the only way into it."""

    def __init__(self, url: str, *, name: str, pool_size: int = 10) -> None:
        self.url = url
        self.on_published: Callable[[], None] = lambda: None
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            hide_parameters=True,  # else a traceback could log a person's data
            json_serializer=lambda value: orjson.dumps(value, default=str).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "connection_class": TenantConnection,
                "server_settings": {
                    "application_name": name,
                    "jit": "off",
                    "lock_timeout": "10s",
                    "statement_timeout": "30s",
                    "idle_in_transaction_session_timeout": "60s",
                },
            },
        )

    @asynccontextmanager
    async def begin(self, tenant: UUID | None) -> AsyncIterator[AsyncConnection]:
        """A transaction as this tenant; commits when the block ends well.

        Without a tenant the policies show no row of any tenant.
        """
        async with self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            driver.tenant, driver.cause = tenant, cause_of(current())
            connection.info.pop(PUBLISHED, None)
            connection.info.pop(ROW_LIMIT, None)
            async with connection.begin():
                yield connection
            published = connection.info.pop(PUBLISHED, False)
        if published:
            self.on_published()

    async def dispose(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def acting_for(tx: AsyncConnection, tenant: UUID) -> AsyncIterator[None]:
    """Let the block run as another tenant, in the same transaction; only operators' code may.

    Whatever its rows are, they are saved together with those of the transaction's own tenant,
    which it is again behind the block, also where that raises and somebody goes on.
    """
    set_tenant = text("SELECT set_config('app.tenant', :tenant, true)")
    before = await tx.scalar(text("SELECT current_setting('app.tenant', true)"))
    limit = tx.info.pop(ROW_LIMIT, None)
    await tx.execute(set_tenant, {"tenant": str(tenant)})
    well = False
    try:
        yield
        well = True
    finally:
        tx.info[ROW_LIMIT] = limit
        try:
            await tx.execute(set_tenant, {"tenant": before or ""})
        except DBAPIError:
            if well:  # else a statement failed before, and its own error says more
                raise
