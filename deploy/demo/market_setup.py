"""What an administrator sets up before leads come in: fields, a channel, a pool and the rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.demo.client import Json, Person
from deploy.demo.leads_file import FIELDS

CHANNEL, POOL = "官网表单", "公海"
FORM = "demo form"  # by which the rules know the leads of the channel
DAYS_TO_CALL = 3
ALWAYS: Json = {"all": []}


@dataclass(frozen=True)
class Entrance:
    """The channel of the website, with a key of its own."""

    channel_id: str
    key: str


async def ensure_fields(admin: Person) -> None:
    """Create the custom fields of leads that are missing."""
    path = "/mtl/v1/custom-fields"
    known = {one["key"] async for one in admin.everything(f"{path}?resource=mtl.lead")}
    for position, field in enumerate(FIELDS):
        if field.key not in known:
            labels = {"label_zh": field.label_zh, "label_en": field.column}
            body = {"resource": "mtl.lead", "key": field.key, "type": field.type, **labels}
            await admin.post(path, {**body, "position": position})


async def ensure_channel(admin: Person) -> Entrance:
    """Create the channel, if it is missing, and issue a key: it is shown only once."""
    found = [one async for one in admin.everything("/mtl/v1/channels")]
    channel = next((one for one in found if one["name"] == CHANNEL), None)
    channel = channel or await admin.post("/mtl/v1/channels", _channel())
    path = f"/mtl/v1/channels/{channel['id']}/access-keys"
    return Entrance(channel["id"], (await admin.post(path, seen=channel))["key"])


def _channel() -> Json:
    """A web form: who wants no mail is for a person to decide, and machines fall into a trap."""
    own = [{"target": f"custom.{one.key}", "sources": [f"visit.{one.key}"]} for one in FIELDS]
    unwanted = {"field": "custom.no_mail", "operator": "EQ", "value": True}
    return {
        "name": CHANNEL,
        "kind": "WEB_FORM",
        "mapping": {
            "fields": [
                {"target": "external_id", "sources": ["visitor"]},
                {"target": "source", "sources": ["form.source"]},
                {"target": "country", "sources": ["form.country"]},
                {"target": "email", "sources": ["form.email"]},
                {"target": "source_detail", "constant": FORM},
                *own,
            ]
        },
        "gate": {
            "required_fields": ["external_id"],
            "blocked_mail_domains": ["mailinator.com"],
            "conditions": [
                {"label": "不希望收到邮件", "when": {"all": [unwanted]}, "outcome": "QUARANTINE"}
            ],
        },
        "honeypot": "form.website",
        "shows_duplicates": True,
    }


async def ensure_pool(admin: Person, team: Sequence[Json], head: Json) -> str:
    """Create the pool of the team, if it is missing; return its id."""
    async for pool in admin.everything("/mtl/v1/pools"):
        if pool["name"] == POOL:
            return str(pool["id"])
    members = [{"person_id": one["id"]} for one in team]
    body = {"name": POOL, "members": members, "admin_ids": [head["subject"]]}
    return str((await admin.post("/mtl/v1/pools", body))["id"])


async def ensure_assignment(admin: Person, team: Sequence[Json], pool_id: str) -> None:
    """Publish whom leads are given to: the good ones by turn, the rest to the pool."""
    recipients = [{"owner_id": one["subject"]} for one in team]
    good = {"field": "grade", "operator": "IN", "value": ["A", "B"]}
    fair = {"field": "grade", "operator": "EQ", "value": "C"}
    await _ensure_rules(
        admin,
        "lead_assignment",
        [
            _row(
                "good",
                "A 级、B 级轮流分配",
                {"all": [good]},
                strategy="TURN",
                recipients=recipients,
            ),
            _row(
                "fair",
                "C 级分配给负荷最低者",
                {"all": [fair]},
                strategy="LEAST_LOADED",
                recipients=recipients,
            ),
            _row("rest", "其余进入公海", ALWAYS, strategy="POOL", pool_id=pool_id),
        ],
    )


async def ensure_retention(admin: Person, pool_id: str) -> None:
    """Publish when leads of the form fall back into the pool."""
    of_form = {"field": "source_detail", "operator": "EQ", "value": FORM}
    await _ensure_rules(
        admin,
        "lead_retention",
        [
            _row(
                "call",
                "三天内首次跟进，之后每七天跟进",
                {"all": [of_form]},
                first_follow_up=days(DAYS_TO_CALL),
                next_follow_up=days(7),
                conversion=days(60),
                reminders=[days(2)],
                accept_within={"count": 8, "unit": "WORKING_HOURS"},
                barred_days=7,
                target={"kind": "POOL", "pool_id": pool_id},
            )
        ],
    )


def days(count: int) -> Json:
    """A period of retention rules."""
    return {"count": count, "unit": "DAYS"}


def _row(key: str, name: str, condition: Mapping[str, Any], **outcome: Any) -> Json:
    return {"id": key, "name": name, "condition": condition, "outcome": outcome}


async def _ensure_rules(admin: Person, name: str, rows: Sequence[Json]) -> None:
    path = f"/mtl/v1/rule-sets/{name}"
    if (await admin.get(path))["version"] == 0:
        body = {"rules": {"hit_policy": "FIRST", "rows": rows}, "based_on": 0, "note": "demo"}
        await admin.post(f"{path}/versions", body)
