"""Who sees a record and why, what was done to it, and what a person's day has in it."""

import asyncio
from typing import Any

from deploy.demo.client import Json, Person, Refused


async def sight(person: Person, path: str) -> Json:
    """The record's access and its audit entries, oldest first, as one who may read it sees them."""
    record = await person.get(path)
    entries = [entry async for entry in person.everything(f"{path}/audit")]
    return {
        "path": path,
        "name": record["name"],
        "access": await person.get(f"{path}/access"),
        "audit": list(reversed(entries)),
    }


async def hand_over(manager: Person, to: Json) -> Json:
    """A lead that the manager took a call of, given to a seller; once."""
    path = "/mtl/v1/leads/by-external-id/demo/call-1"
    body = {"name": "Hottechi, purchasing", "company": "Hottechi", "source": "call"}
    lead = await _known(manager, path) or await manager.call("PUT", path, body)
    if lead["owner_id"] == to["subject"]:
        return lead
    change = {"owner_id": to["subject"], "reason": "asked for a quote by phone"}
    await manager.post(f"/mtl/v1/leads/{lead['id']}/transfer", change, seen=lead)
    return await manager.get(f"/mtl/v1/leads/{lead['id']}")


async def _known(person: Person, path: str) -> Json | None:
    try:
        return await person.get(path)
    except Refused as refused:
        if ": 404 " not in str(refused):
            raise
        return None


async def day(person: Person, about: Json) -> dict[str, Any]:
    """What the person was told and has to do, once the fact about this record has arrived."""
    for _ in range(200):
        tasks = [one async for one in person.everything("/org/v1/tasks")]
        if any(one["record_id"] == about["id"] for one in tasks):
            break
        await asyncio.sleep(0.1)
    told = [one async for one in person.everything("/org/v1/notifications")]
    unread = await person.get("/org/v1/notifications/unread")
    of_record = [one["message"] for one in told if one["record_id"] == about["id"]]
    return {
        "notifications": len(told),
        "unread": unread["unread"],
        "open_tasks": sum(one["state"] == "OPEN" for one in tasks),
        "told": of_record[0] if of_record else None,
        "task": next((one["title"] for one in tasks if one["record_id"] == about["id"]), None),
    }
