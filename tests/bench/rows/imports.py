"""Imports: leads from a file, against COPY of the same rows."""

import time
from collections.abc import Sequence

from kernel.ids import new_id
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.waiting import wait_for_count
from tests.bench.rows import leads

ROWS_OF_FILE = 2_000
COLUMNS = ("name", "company", "phone", "email", "source")
COPIED = "CREATE TABLE copied (LIKE leads INCLUDING DEFAULTS INCLUDING INDEXES)"


async def imported(bench: Bench, rows: Sequence[dict[str, str]]) -> float:
    """Import these rows through the API and the worker; return rows a second."""
    system, headers = bench.system, bench.system.headers() | {"If-Match": "*"}
    content = ",".join(COLUMNS) + "\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    body = {"file_name": "bench.csv", "resource": "mtl.lead"}
    opened = await system.send(
        "mtl", [Request("POST", "/mtl/v1/imports", headers, body)], connections=1
    )
    path = f"/mtl/v1/imports/{opened.answers[0].json()['id']}"
    upload = Request("PUT", f"{path}/file", headers, content=content.encode())
    await system.send("mtl", [upload], connections=1)
    began = time.perf_counter()
    await system.send("mtl", [Request("POST", f"{path}/start", headers)], connections=1)
    query = "SELECT count(*) FROM leads WHERE source = $1"
    async with system.superuser("mtl") as connection:
        await wait_for_count(connection, query, rows[0]["source"], count=len(rows))
    return len(rows) / (time.perf_counter() - began)


async def copied(bench: Bench, rows: Sequence[dict[str, str]]) -> float:
    """Copy the same leads, as stored, into a table with the same indexes; return rows a second."""
    async with bench.system.superuser("mtl") as connection:
        stored = await connection.fetch("SELECT * FROM leads WHERE source = $1", rows[0]["source"])
        names = list(stored[0].keys())
        await connection.execute(COPIED)
        began = time.perf_counter()
        await connection.copy_records_to_table("copied", columns=names, records=map(tuple, stored))
        seconds = time.perf_counter() - began
        await connection.execute("DROP TABLE copied")
    return len(rows) / seconds


async def measure(bench: Bench) -> Measured:
    await leads.filled(bench.system)
    await bench.system.start("mtl-api", "mtl-jobs")
    values: list[float] = []
    for _ in range(RUNS):
        source = f"导入 {new_id().hex}"
        rows = [leads.body() | {"source": source} for _ in range(ROWS_OF_FILE)]
        rate = await imported(bench, rows)
        copies = await copied(bench, rows)
        values.append(rate / copies)
    await bench.system.stop("mtl-jobs")
    return Measured(values, f"{rate:,.0f} rows/s; COPY {copies:,.0f}")


ROWS: Sequence[Row] = (
    Row("imports.leads", f"import of {ROWS_OF_FILE:,} leads / COPY", Reach(at_least=0.15), measure),
)
