"""L2, the yardstick: a bare application that does one INSERT and one commit per request.

Started as `uvicorn tests.bench.machine.bare_app:app`; costs of the services are multiples of its.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg
from fastapi import FastAPI, Request
from pydantic import BaseModel

DATABASE_URL = "BENCH_BARE_URL"
POOL_SIZE = 20  # what a service has: ten connections, and ten more at peaks
TABLE = """
    CREATE TABLE IF NOT EXISTS bare_leads
    (id uuid PRIMARY KEY, name text, company text, phone text, email text, source text)
"""
INSERT = "INSERT INTO bare_leads VALUES ($1, $2, $3, $4, $5, $6)"


class BareLead(BaseModel):
    name: str
    company: str
    phone: str
    email: str
    source: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ[DATABASE_URL]
    async with asyncpg.create_pool(url, min_size=POOL_SIZE, max_size=POOL_SIZE) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/leads", status_code=201)
async def create(body: BareLead, request: Request) -> dict[str, str]:
    key = uuid4()
    values = (body.name, body.company, body.phone, body.email, body.source)
    await request.app.state.pool.execute(INSERT, key, *values)  # commits by itself
    return {"id": str(key)}
