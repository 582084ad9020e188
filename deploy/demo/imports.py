"""Files through the import API: the leads, and the pipeline with every file twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from deploy.demo.client import Json, Person
from deploy.demo.source import Source
from deploy.demo.walk import Progress

Settle = Callable[[], Awaitable[Any]]
Bar = Callable[[str], Any]
TRAIL = ".import.v1"  # an import tells of its own end; that is no change of a record


async def import_file(
    person: Person, service: str, source: Source, progress: Progress, *, kind: str
) -> Json:
    """Create, upload, start, and wait for the import job; its final state and its findings."""
    body: Json = {"file_name": source.file_name, "kind": kind}
    if source.mapping:
        body["mapping"] = source.mapping
    job = await person.post(f"/{service}/v1/imports", body)
    path = f"/{service}/v1/imports/{job['id']}"
    job = await person.call("PUT", f"{path}/file", content=source.content)
    job = await person.post(f"{path}/start", seen=job)
    while (job := await person.get(path))["state"] in ("QUEUED", "RUNNING"):
        progress(job["counts"]["processed"], job["counts"]["total"] or 1)
        await asyncio.sleep(0.2)
    progress(job["counts"]["processed"], job["counts"]["total"] or 1)
    refused = Counter([code async for code in _codes(person, f"{path}/refusals")])
    warned = Counter([code async for code in _codes(person, f"{path}/warnings")])
    return {**job, "refused_by_reason": dict(refused), "warnings_by_reason": dict(warned)}


async def _codes(person: Person, path: str) -> Any:
    async for row in person.everything(path):
        for error in row["errors"]:
            yield error["code"]


async def import_twice(
    admin: Person, service: str, source: Source, bar: Bar, settle: Settle, *, kind: str
) -> Json:
    """A file and then the same again; how many facts were published by the second run.

    Each time all that listen have caught up before it goes on: the next file names what is in
    this one, and other services know it by their copies only.
    """
    runs: list[Json] = []
    counts: list[Mapping[str, int]] = []
    for time in ("", " again"):
        with bar(f"importing {source.file_name}{time}") as progress:
            runs.append(await import_file(admin, service, source, progress, kind=kind))
            await settle()
        counts.append(await facts(admin))
    return {
        "kind": kind,
        "service": service,
        "first": runs[0],
        "second": runs[1],
        "facts_of_second": sum(counts[1].values()) - sum(counts[0].values()),
    }


async def facts(admin: Person) -> Mapping[str, int]:
    """Events published so far by topic, without those that only say how an import ended."""
    found: Counter[str] = Counter()
    for service in admin.urls:
        for row in (await admin.get(f"/{service}/v1/event-counts"))["published"]:
            if not row["topic"].endswith(TRAIL):
                found[row["topic"]] += row["events"]
    return found


def unchanged(pair: Mapping[str, Any]) -> bool:
    """Whether the second run took in all that the first did, and changed nothing."""
    first, second = (pair[name]["counts"] for name in ("first", "second"))
    same = [name for name in ("total", "accepted", "refused") if first[name] != second[name]]
    return not same and second["unchanged"] == second["accepted"] and not pair["facts_of_second"]
