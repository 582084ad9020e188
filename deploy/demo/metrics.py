"""The page of figures about leads, as a front end reads it for its charts."""

from deploy.demo.client import Json, Person
from deploy.demo.clock import days_ahead

PAGE = {
    "new_by_source": "new?by=day&group=source&{period}",
    "conversion_by_grade": "conversion?group=grade&{period}",
    "hand_off_by_owner": "hand-off?group=owner&{period}",
    "effective_by_owner": "effective?group=owner&target=5&{period}",
    "stock": "stock",
    "needed": "needed?target=50",
}


async def read_page(person: Person) -> Json:
    """Return every chart of the page, and the number of leads that the list counts."""
    period = f"from={days_ahead(-30)}&to={days_ahead(0)}"
    charts = {
        name: await person.get(f"/mtl/v1/lead-metrics/{path.format(period=period)}")
        for name, path in PAGE.items()
    }
    listed = await person.get("/mtl/v1/leads?limit=1&include_total=true")
    still_open = "/mtl/v1/leads?status__in=RAW,MQL,SQL&limit=1&include_total=true"
    return {
        "charts": charts,
        "listed": listed["total"],
        "listed_open": (await person.get(still_open))["total"],
    }


def matches_lists(page: Json) -> bool:
    """Whether the charts count what the lists hold."""
    charts = page["charts"]
    converted = charts["conversion_by_grade"]
    rows = sum(row["leads"] for row in converted["rows"])
    return bool(
        converted["totals"]["leads"] == rows == page["listed"]
        and charts["stock"]["totals"]["leads"] == page["listed_open"]
    )
