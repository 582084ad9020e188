"""The compiler of the administrative divisions, with a country of four divisions."""

from typing import Any

from deploy.regions import as_lines, compile_regions

DIVISIONS: dict[str, Any] = {
    "meta": {"source": "the ministry", "fetched_at": "2026-09-11"},
    "provinces": {
        "省": {
            "code": "320000000000",
            "cities": {
                "市": {"code": "320600000000", "counties": {"海门区": "320614000000"}},
                "": {"code": None, "counties": {"直辖县": "329001000000"}},
            },
        }
    },
}


def moved(year: int, before: str, after: str, name: str = "旧") -> dict[str, Any]:
    return {
        "year": year,
        "old": {"code": f"{before}000000", "name": name},
        "new": {"code": f"{after}000000", "name": "新"},
    }


def test_codes_of_six_digits_are_named_and_moves_are_followed_in_the_order_of_years() -> None:
    events = [
        moved(2012, "320625", "320684", "海门县"),
        moved(2020, "320684", "320614", "海门市"),
        moved(1999, "320999", "320614"),  # before the events can be relied on
        moved(2005, "320777", "320778"),  # leads to nothing that is in use
        moved(2021, "320625", "320600", "海门县"),
        moved(2010, "320684", "320625"),  # goes round
        moved(2022, "320614", "320600"),  # in use: it has no successor
    ]
    compiled = compile_regions(DIVISIONS, {"events": events})
    assert compiled["names"] == {
        "320000": "省",
        "320600": "市",
        "320614": "海门区",
        "329001": "直辖县",
    }
    assert compiled["former"] == {
        "320625": {"name": "海门县", "successors": ["320600", "320614"]},
        "320684": {"name": "海门市", "successors": ["320600", "320614"]},
    }
    assert compiled["source"]["license"] == "CC BY 4.0"


def test_every_division_has_a_line_of_its_own() -> None:
    text = as_lines(compile_regions(DIVISIONS, {"events": []}))
    assert '"320614": "海门区",\n"329001": "直辖县"\n}' in text
