"""Visibility in all services after records are transferred and people change departments."""

from tests.journeys.company import Company, assign_to_department, create_company
from tests.journeys.steps import (
    convert_lead,
    create_accepted_quote,
    create_price_book,
    create_qualified_lead,
)
from tests.journeys.world import Json, World


async def create_order_of_li(world: World, company: Company) -> Json:
    """Take a lead of li to an order; return the paths of the records made on the way."""
    book = await create_price_book(world)
    li = company.signed_in_as(world, "li")
    operation = await convert_lead(li, await create_qualified_lead(li))
    ids: Json = operation["result"]
    await create_accepted_quote(li, ids["opportunity_id"], book)
    await world.deliver_events()
    [order] = await li.items("/rms/v1/orders")
    return {
        "account": f"/l2o/v1/accounts/{ids['account_id']}",
        "contact": f"/l2o/v1/contacts/{ids['contact_id']}",
        "balance": f"/rms/v1/accounts/{ids['account_id']}/balance",
        "opportunity": f"/l2o/v1/opportunities/{ids['opportunity_id']}",
        "order": f"/rms/v1/orders/{order['id']}",
    }


async def readers_of(world: World, company: Company, paths: Json) -> dict[str, set[str]]:
    """Return for each record the people who can read it; all others get a 404."""
    readers: dict[str, set[str]] = {name: set() for name in paths}
    for person in company.people:
        viewer = company.signed_in_as(world, person)
        for name, path in paths.items():
            headers = {**viewer.headers}
            answer = await world.http.get(path, headers=headers)
            assert answer.status_code in (200, 404), answer.text
            if answer.status_code == 200:
                readers[name].add(person)
    return readers


EAST_PEOPLE, WEST_PEOPLE = {"head", "east_head", "li"}, {"head", "west_head", "zhou"}
PEOPLE_AFTER_MOVE = {"head", "west_head", "li"}


async def test_a_transferred_account_is_seen_by_its_new_people_and_those_of_its_deals(
    world: World,
) -> None:
    """Its contacts by the former only; its deals and orders, which stay with li, by both."""
    company = await create_company(world)
    paths = await create_order_of_li(world, company)
    assert await readers_of(world, company, paths) == dict.fromkeys(paths, EAST_PEOPLE)
    head = company.signed_in_as(world, "head")
    body = {"owner_id": company.people["zhou"], "reason": "客户在西区"}
    await head.post(f"{paths['account']}/transfer", body)
    await world.deliver_events()
    now = await readers_of(world, company, paths)
    assert now.pop("contact") == WEST_PEOPLE
    assert now == dict.fromkeys(now, EAST_PEOPLE | WEST_PEOPLE)
    [notification] = await company.signed_in_as(world, "zhou").items("/org/v1/notifications")
    assert (notification["kind"], notification["resource"]) == ("ASSIGNED", "l2o.account")


async def test_other_services_apply_an_account_transfer_with_its_event(world: World) -> None:
    company = await create_company(world)
    account = await company.signed_in_as(world, "li").post("/l2o/v1/accounts", {"name": "老客户"})
    await world.deliver_events()
    paths = {"balance": f"/rms/v1/accounts/{account['id']}/balance"}
    body = {"owner_id": company.people["zhou"]}
    head = company.signed_in_as(world, "head")
    await head.post(f"/l2o/v1/accounts/{account['id']}/transfer", body)
    assert await readers_of(world, company, paths) == {"balance": EAST_PEOPLE}
    await world.deliver_events()
    assert await readers_of(world, company, paths) == {"balance": WEST_PEOPLE}


async def test_after_a_person_moves_the_old_manager_sees_none_of_their_records(
    world: World,
) -> None:
    company = await create_company(world)
    paths = await create_order_of_li(world, company)
    await assign_to_department(world, company, "li", "west")
    assert await readers_of(world, company, paths) == dict.fromkeys(paths, EAST_PEOPLE)
    await world.deliver_events()
    assert await readers_of(world, company, paths) == dict.fromkeys(paths, PEOPLE_AFTER_MOVE)
    access = await company.signed_in_as(world, "west_head").get(f"{paths['opportunity']}/access")
    assert {one["why"] for one in access["everybody"]} == {"OWNER", "MANAGER"}
