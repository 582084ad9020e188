"""Days that pass faster than a demo can wait for."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg

from deploy.local.places import place_of_up

URL = "MTL_OWNER_DATABASE_URL"
PUT_BACK = """UPDATE leads SET owned_since = owned_since - make_interval(days => $2)
              WHERE id = ANY($1::uuid[])"""


def days_ahead(count: int) -> str:
    """Return the day after some days, in the demo's time zone of Shanghai."""
    return (datetime.now(UTC) + timedelta(hours=8, days=count)).date().isoformat()


async def put_back(lead_ids: Sequence[str], *, days: int) -> None:
    """Let leads have had their owners for some days longer, as the owner of the database."""
    env = json.loads(place_of_up().env.read_text())
    connection = await asyncpg.connect(env[URL].replace("+asyncpg", ""))
    try:
        await connection.execute(PUT_BACK, [UUID(one) for one in lead_ids], days)
    finally:
        await connection.close()
