"""A small company created through org's API, whose people can sign in."""

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
    """The ids of its people and departments.

    Under `head` stand two departments: east, led by `east_head`, with the seller `li`, and west,
    led by `west_head`, with the seller `zhou`.
    """

    people: Mapping[str, str]
    departments: Mapping[str, str]

    def signed_in_as(self, world: World, name: str) -> World:
        """Return the world with this person signed in, with a seller's scopes and no `.all`."""
        headers = tokens.bearer(world.tenant, sub=self.people[name], name=name, scope=SALES)
        return replace(world, headers=headers)


async def create_company(world: World) -> Company:
    """Create the company; all services have received its events afterwards."""
    people = {}
    for name in ("head", "east_head", "west_head", "li", "zhou"):
        people[name] = (await world.post("/org/v1/people", {"name": name}))["id"]
    root = await _create_department(world, "总公司", people["head"])
    departments = {
        "root": root,
        "east": await _create_department(world, "东区", people["east_head"], parent=root),
        "west": await _create_department(world, "西区", people["west_head"], parent=root),
    }
    company = Company(people, departments)
    for name, department in POSTS.items():
        await assign_to_department(world, company, name, department)
    await world.deliver_events()
    return company


POSTS = {"head": "root", "east_head": "east", "li": "east", "west_head": "west", "zhou": "west"}


async def assign_to_department(world: World, company: Company, name: str, department: str) -> None:
    """Make the department the only post of a person."""
    posts = [{"department_id": company.departments[department]}]
    path = f"/org/v1/people/{company.people[name]}"
    await world.call("PATCH", path, {"posts": posts})


async def _create_department(
    world: World, name: str, head: str, *, parent: str | None = None
) -> str:
    body = {"name": name, "manager_id": head, "parent_id": parent}
    department_id: str = (await world.post("/org/v1/departments", body))["id"]
    return department_id
