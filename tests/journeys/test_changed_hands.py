"""Who sees what, over all services, when records and people change places."""

from tests.journeys.company import Company, a_company, place_in
from tests.journeys.steps import a_conversion, a_price_book, a_qualified_lead, an_accepted_quote
from tests.journeys.world import Json, World


async def a_customer_of_li(world: World, company: Company) -> Json:
    """From a lead of li's to an order; who sees it so far: li, the heads above, not the west."""
    book = await a_price_book(world)
    li = company.as_(world, "li")
    operation = await a_conversion(li, await a_qualified_lead(li))
    ids: Json = operation["result"]
    await an_accepted_quote(li, ids["opportunity_id"], book)
    await world.carry()
    [order] = await li.items("/rms/v1/orders")
    return {
        "account": f"/l2o/v1/accounts/{ids['account_id']}",
        "contact": f"/l2o/v1/contacts/{ids['contact_id']}",
        "balance": f"/rms/v1/accounts/{ids['account_id']}/balance",
        "opportunity": f"/l2o/v1/opportunities/{ids['opportunity_id']}",
        "order": f"/rms/v1/orders/{order['id']}",
    }


async def seen(world: World, company: Company, paths: Json) -> dict[str, set[str]]:
    """Of each record, who gets it; everybody else gets a 404."""
    found: dict[str, set[str]] = {name: set() for name in paths}
    for person in company.people:
        eyes = company.as_(world, person)
        for name, path in paths.items():
            headers = {**eyes.headers}
            answer = await world.http.get(path, headers=headers)
            assert answer.status_code in (200, 404), answer.text
            if answer.status_code == 200:
                found[name].add(person)
    return found


EAST, WEST = {"head", "east_head", "li"}, {"head", "west_head", "zhou"}
MOVED = {"head", "west_head", "li"}


async def test_an_account_given_away_is_seen_by_its_new_line_only(world: World) -> None:
    company = await a_company(world)
    paths = await a_customer_of_li(world, company)
    assert await seen(world, company, paths) == dict.fromkeys(paths, EAST)
    head = company.as_(world, "head")
    body = {"owner_id": company.people["zhou"], "reason": "客户在西区"}
    await head.post(f"{paths['account']}/transfer", body)
    await world.carry()
    now = await seen(world, company, paths)
    assert (now["account"], now["contact"]) == (WEST, WEST)
    assert (now["opportunity"], now["order"]) == (EAST, EAST)
    assert now["balance"] == EAST | WEST  # of an account, or of one with an order of theirs
    [told] = await company.as_(world, "zhou").items("/org/v1/notifications")
    assert (told["kind"], told["resource"]) == ("ASSIGNED", "l2o.account")


async def test_other_services_follow_an_account_given_away_with_the_event(world: World) -> None:
    company = await a_company(world)
    account = await company.as_(world, "li").post("/l2o/v1/accounts", {"name": "老客户"})
    await world.carry()
    paths = {"balance": f"/rms/v1/accounts/{account['id']}/balance"}
    body = {"owner_id": company.people["zhou"]}
    head = company.as_(world, "head")
    await head.post(f"/l2o/v1/accounts/{account['id']}/transfer", body)
    assert await seen(world, company, paths) == {"balance": EAST}
    await world.carry()
    assert await seen(world, company, paths) == {"balance": WEST}


async def test_after_a_persons_move_the_old_manager_sees_nothing_of_theirs(world: World) -> None:
    company = await a_company(world)
    paths = await a_customer_of_li(world, company)
    await place_in(world, company, "li", "west")
    assert await seen(world, company, paths) == dict.fromkeys(paths, EAST)
    await world.carry()
    assert await seen(world, company, paths) == dict.fromkeys(paths, MOVED)
    access = await company.as_(world, "west_head").get(f"{paths['opportunity']}/access")
    assert {one["why"] for one in access["everybody"]} == {"OWNER", "MANAGER"}
