"""Field types that several services keep: countries, languages, instants."""

import re
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Final

from babel import Locale
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

_RFC_3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)


@cache
def country_codes() -> frozenset[str]:
    """Return the ISO 3166-1 alpha-2 codes that the time zone database lists."""
    codes = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text("utf-8")
    return frozenset(row[:2] for row in codes.splitlines() if not row.startswith("#"))


def _is_country(value: str) -> str:
    if value not in country_codes():
        raise PydanticCustomError("COUNTRY_UNKNOWN", "Input should be an ISO 3166-1 code")
    return value


def _is_language(value: str) -> str:
    """Check that the parts of a language tag (language, script, region) are known to CLDR."""
    language, *others = value.split("-")
    known = Locale("en")
    scripts = [part for part in others if len(part) == 4]
    regions = [part for part in others if len(part) < 4]
    if not (
        language in known.languages
        and {*scripts} <= {*known.scripts}
        and {*regions} <= {*known.territories}
    ):
        raise PydanticCustomError("LANGUAGE_UNKNOWN", "Input should be a known language")
    return value


def _ensure_rfc_3339(value: object) -> object:
    """Accept RFC 3339 only; pydantic alone also takes seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and _RFC_3339.fullmatch(value)):
        return value
    raise PydanticCustomError("datetime_parsing", "Should be an instant of RFC 3339")


def _with_plus(value: object) -> object:
    """Restore the `+` of a time zone, which arrives as a blank where a query does not escape it."""
    return re.sub(r" (?=\d\d:\d\d$)", "+", value) if isinstance(value, str) else value


CountryCode = Annotated[
    str, Field(description="ISO 3166-1 alpha-2", examples=["CN"]), AfterValidator(_is_country)
]
# language[-Script][-REGION] of BCP 47, in its recommended spelling.
LanguageTag = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"),
    AfterValidator(_is_language),
]
Instant = Annotated[AwareDatetime, BeforeValidator(_ensure_rfc_3339)]
QueryInstant = Annotated[Instant, BeforeValidator(_with_plus)]
