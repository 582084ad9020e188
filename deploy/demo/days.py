"""The access and audit trail of a record, and a person's notifications and tasks."""

import asyncio
from typing import Any

from deploy.demo.client import Json, Person, UnexpectedAnswer


async def explained_record(person: Person, path: str) -> Json:
    """Return a record's access and audit entries (oldest first), as this person sees them."""
    record = await person.get(path)
    entries = [entry async for entry in person.everything(f"{path}/audit")]
    return {
        "path": path,
        "name": record["name"],
        "access": await person.get(f"{path}/access"),
        "audit": list(reversed(entries)),
    }


async def hand_over(manager: Person, to: Json) -> Json:
    """Create a lead from a phone call and transfer it to a seller, unless this was done before."""
    path = "/mtl/v1/leads/by-external-id/demo/call-1"
    body = {"name": "Hottechi, purchasing", "company": "Hottechi", "source": "call"}
    lead = await _existing(manager, path) or await manager.call("PUT", path, body)
    if lead["owner_id"] == to["subject"]:
        return lead
    change = {"owner_id": to["subject"], "reason": "requested a quote by phone"}
    await manager.post(f"/mtl/v1/leads/{lead['id']}/transfer", change, seen=lead)
    return await manager.get(f"/mtl/v1/leads/{lead['id']}")


async def _existing(person: Person, path: str) -> Json | None:
    try:
        return await person.get(path)
    except UnexpectedAnswer as error:
        if ": 404 " not in str(error):
            raise
        return None


async def day(person: Person, about: Json) -> dict[str, Any]:
    """Wait for the task about this record; return the person's notifications and tasks."""
    for _ in range(200):
        tasks = [task async for task in person.everything("/org/v1/tasks")]
        if any(task["record_id"] == about["id"] for task in tasks):
            break
        await asyncio.sleep(0.1)
    notifications = [item async for item in person.everything("/org/v1/notifications")]
    unread = await person.get("/org/v1/notifications/unread")
    messages = [item["message"] for item in notifications if item["record_id"] == about["id"]]
    titles = [task["title"] for task in tasks if task["record_id"] == about["id"]]
    return {
        "notifications": len(notifications),
        "unread": unread["unread"],
        "open_tasks": sum(task["state"] == "OPEN" for task in tasks),
        "notification": messages[0] if messages else None,
        "task": titles[0] if titles else None,
    }
