"""The official calendars of countries, as the library `holidays` has them."""

from datetime import date
from functools import lru_cache

import holidays

from kernel.business_calendar import FIRST_DAY, LAST_DAY, OfficialCalendar

_LIBRARY_LANGUAGES = {"zh-CN": "zh_CN", "en": "en_US"}


@lru_cache(maxsize=64)
def official_calendar(country: str, language: str) -> OfficialCalendar:
    """Return the holidays of a country (ISO 3166-1 alpha-2); none if the library lacks it.

    The first call for a country takes 0.4 s, so it belongs into a thread.
    """
    years = range(FIRST_DAY.year, LAST_DAY.year + 1)
    try:
        library_days = holidays.country_holidays(
            country, years=years, language=_language(country, language)
        )
    except NotImplementedError:
        return OfficialCalendar({}, frozenset(), LAST_DAY)
    make_up_days = {day for day in library_days.weekend_workdays if day.weekday() >= 5}
    until = date(max((d.year for d in make_up_days), default=LAST_DAY.year), 12, 31)
    return OfficialCalendar(dict(library_days), frozenset(make_up_days), until)


def _language(country: str, language: str) -> str | None:
    """Return the library's name of the language, if it has this country's holidays in it."""
    supported = holidays.country_holidays(country).supported_languages
    name = _LIBRARY_LANGUAGES.get(language)
    return name if name in supported else None
