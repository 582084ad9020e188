"""Imports of files through the API: the leads once, the pipeline's files twice."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from deploy.demo.client import Json, Person
from deploy.demo.source import Source
from deploy.demo.walk import Progress

Settle = Callable[[], Awaitable[Any]]
Bar = Callable[[str], Any]
# Every import ends with an event about itself and notifies whoever started it.
TOPICS_OF_IMPORTS = (".import.v1", ".work.v1")


async def import_file(person: Person, resource: str, source: Source, progress: Progress) -> Json:
    """Upload a file, start its import and wait; return its final state and its errors by code."""
    service = resource.partition(".")[0]
    body: Json = {"file_name": source.file_name, "resource": resource}
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
    admin: Person, resource: str, source: Source, bar: Bar, settle: Settle
) -> Json:
    """Import a file twice; return both results and the number of events of the second run.

    After each run it waits until all services have consumed the events: the next file refers to
    records of this one, which other services know only by their replicas.
    """
    runs: list[Json] = []
    counts: list[Mapping[str, int]] = []
    for suffix in ("", " again"):
        with bar(f"importing {source.file_name}{suffix}") as progress:
            runs.append(await import_file(admin, resource, source, progress))
            await settle()
        counts.append(await published_events(admin))
    return {
        "resource": resource,
        "first": runs[0],
        "second": runs[1],
        "events_of_second": sum(counts[1].values()) - sum(counts[0].values()),
    }


async def published_events(admin: Person) -> Mapping[str, int]:
    """Return the events published so far by topic, except those that every import publishes."""
    counts: Counter[str] = Counter()
    for service in admin.urls:
        for row in (await admin.get(f"/{service}/v1/event-counts"))["published"]:
            if not row["topic"].endswith(TOPICS_OF_IMPORTS):
                counts[row["topic"]] += row["events"]
    return counts


def unchanged(pair: Mapping[str, Any]) -> bool:
    """Return whether the second run accepted the same rows and changed nothing."""
    first, second = (pair[name]["counts"] for name in ("first", "second"))
    same = [name for name in ("total", "accepted", "refused") if first[name] != second[name]]
    return not same and second["unchanged"] == second["accepted"] and not pair["events_of_second"]
