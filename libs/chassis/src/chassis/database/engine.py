"""The database engine of a service; every transaction runs as one tenant.

Requests get their transaction through `Tx` (`chassis.web.transaction`).
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.database.transaction_tenant import within_tenant
from chassis.database.write_cause import write_cause
from chassis.foundation.context import current

PUBLISHED_KEY = "l2c.published"
# Keys of `connection.info`: whether the transaction published events, the tenant's row quota, and
# the settings that it has read, by tenant.
ROW_LIMIT_KEY = "l2c.row_limit"
SETTINGS_KEY = "l2c.settings"


_SNAPSHOT: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# Values of rows are read by name or place. By `Column`, SQLAlchemy would have to copy all columns
# of a statement that was built anew: a third of the list of a seller. Its ORM sets the same option.
_BY_NAME: dict[str, Any] = {"_result_disable_adapt_to_context": True}


class TenantConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A connection that sets the tenant and the write cause in the same round trip as BEGIN.

    Both are cleared at once: otherwise the pool would pass them on to the next transaction.
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
    """The connection pool of one service and one role; `begin` opens a transaction."""

    def __init__(self, url: str, *, name: str, pool_size: int = 10, overflow: int = 10) -> None:
        self.url = url
        self.name = name
        self.connection_limit = pool_size + overflow
        self.on_published: Callable[[], None] = lambda: None
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=overflow,
            pool_timeout=10,
            execution_options=_BY_NAME,
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
    async def begin(
        self, tenant: UUID | None, *, snapshot: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """Open a transaction as this tenant; commit when the block ends without an error.

        Without a tenant the row-level security policies show no tenant's rows. A `snapshot` only
        reads, and all its statements see the same rows.
        """
        async with self.engine.connect() as connection:
            if snapshot:
                await connection.execution_options(**_SNAPSHOT)
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            driver.tenant, driver.cause = tenant, write_cause(current())
            connection.info.pop(PUBLISHED_KEY, None)
            connection.info.pop(ROW_LIMIT_KEY, None)
            connection.info.pop(SETTINGS_KEY, None)
            with within_tenant(tenant):
                async with connection.begin():
                    yield connection
            published = connection.info.pop(PUBLISHED_KEY, False)
        if published:
            self.on_published()

    async def dispose(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def acting_for(tx: AsyncConnection, tenant: UUID) -> AsyncIterator[None]:
    """Run the block as another tenant in the same transaction; for operator commands only.

    The rows of both tenants are committed together. The transaction's own tenant is set again
    after the block, also when the block raises and the caller continues.
    """
    set_tenant = text("SELECT set_config('app.tenant', :tenant, true)")
    before = await tx.scalar(text("SELECT current_setting('app.tenant', true)"))
    limit = tx.info.pop(ROW_LIMIT_KEY, None)
    await tx.execute(set_tenant, {"tenant": str(tenant)})
    succeeded = False
    try:
        with within_tenant(tenant):
            yield
        succeeded = True
    finally:
        tx.info[ROW_LIMIT_KEY] = limit
        try:
            await tx.execute(set_tenant, {"tenant": before or ""})
        except DBAPIError:
            if succeeded:  # otherwise a statement failed before, and its error says more
                raise
