"""What the writers were answered, to be compared with the databases."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

from chassis.composition.features import resources_of
from deploy.services import SERVICES


@dataclass(frozen=True)
class Answer:
    """A 2xx: this record is saved at this version or later; None where it named no version."""

    service: str
    table: str
    id: UUID
    version: int | None
    request: str


@dataclass
class Journal:
    """All answers of a run, and what was unusual about them."""

    answers: list[Answer] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)  # requests, retries, statuses
    progress_at: float = 0.0  # when a write was last answered, of the monotonic clock
    early: list[str] = field(default_factory=list)  # answered before they were committed
    faults: list[str] = field(default_factory=list)  # walks and requests that went wrong


@cache
def tables() -> dict[str, tuple[str, str]]:
    """Return the service and table of each collection of the APIs, by its path."""
    found = {
        f"/{service}/v1{resource.collection}": (service, resource.record_type.table.name)
        for service in SERVICES
        for resource in resources_of(service)
    }
    return found | HAND_WRITTEN


# Collections whose routes are no declared resource.
HAND_WRITTEN = {
    "/cpq/v1/quotes": ("cpq", "quotes"),
    "/desk/v1/approvals": ("desk", "approvals"),
    "/desk/v1/approval-tasks": ("desk", "approval_seats"),
    "/rms/v1/orders": ("rms", "orders"),
    "/rms/v1/payments": ("rms", "payments"),
    "/rms/v1/receivables": ("rms", "receivables"),
}


def answer_of(request: str, path: str, body: dict[str, object], etag: str) -> Answer | None:
    """Return what an answer promises; None where it names no record of a known collection."""
    parts = path.split("?")[0].split("/")  # "", service, v1, collection, id, command ...
    known = tables().get("/".join(parts[:4]))
    is_external = len(parts) > 4 and parts[4] == "by-external-id"
    named = parts[4] if len(parts) > 4 and not is_external else body.get("id")
    if known is None or named is None:
        return None
    version = etag.strip('"')
    is_whole = body.get("id") == named and version.isdigit()
    return Answer(*known, UUID(str(named)), int(version) if is_whole else None, request)
