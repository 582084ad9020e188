"""How many connections of a pool are in use."""

from typing import cast

from sqlalchemy import QueuePool

from chassis.database.engine import Database
from chassis.foundation.state_gauges import StateGauges, StateReader


def pool_metrics(database: Database) -> StateReader:
    """Return the reader of a pool's use; beyond the limit a request waits, then it is a 503."""

    async def read(gauges: StateGauges) -> None:
        pool = cast(QueuePool, database.engine.pool)
        values = {
            "in_use": (pool.checkedout(), "Connections of the pool in use"),
            "open": (pool.checkedin() + pool.checkedout(), "Connections of the pool"),
            "limit": (database.connection_limit, "The most connections that the pool opens"),
        }
        for name, (value, text) in values.items():
            gauges.show(f"l2c_database_pool_{name}", text, value, pool=database.name)

    return read
