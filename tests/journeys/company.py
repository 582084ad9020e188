"""A small company made through org's API, and the story's world as each of its people sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from testkit import tokens
from tests.journeys.world import World

SALES = (
    "mtl.lead.read mtl.lead.write l2o.account.read l2o.account.write l2o.contact.read "
    "l2o.contact.write l2o.opportunity.read l2o.opportunity.write cpq.quote.read cpq.quote.write "
    "rms.order.read rms.payment.read rms.receivable.read org.task.read org.notification.read"
)


@dataclass(frozen=True)
class Company:
    """Two teams under one head: east (of `east_head`, with `li`) and west (with `zhou`)."""

    people: Mapping[str, str]
    departments: Mapping[str, str]

    def as_(self, world: World, name: str) -> World:
        """The world with this person signed in, who holds a seller's scopes and no `.all`."""
        signed = tokens.bearer(world.tenant, sub=self.people[name], name=name, scope=SALES)
        return replace(world, headers=signed)


async def a_company(world: World) -> Company:
    """Made and heard of everywhere."""
    people = {}
    for name in ("head", "east_head", "west_head", "li", "zhou"):
        people[name] = (await world.post("/org/v1/people", {"name": name}))["id"]
    root = await _department(world, "总公司", people["head"])
    departments = {
        "root": root,
        "east": await _department(world, "东区", people["east_head"], parent=root),
        "west": await _department(world, "西区", people["west_head"], parent=root),
    }
    company = Company(people, departments)
    for name, place in POSTS.items():
        await place_in(world, company, name, place)
    await world.carry()
    return company


POSTS = {"head": "root", "east_head": "east", "li": "east", "west_head": "west", "zhou": "west"}


async def place_in(world: World, company: Company, name: str, department: str) -> None:
    """Give somebody the one post they have."""
    posts = [{"department_id": company.departments[department]}]
    path = f"/org/v1/people/{company.people[name]}"
    await world.call("PATCH", path, {"posts": posts})


async def _department(world: World, name: str, head: str, *, parent: str | None = None) -> str:
    body = {"name": name, "manager_id": head, "parent_id": parent}
    made: str = (await world.post("/org/v1/departments", body))["id"]
    return made
