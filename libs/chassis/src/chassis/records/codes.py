"""Field types of codes and counts that several services keep: countries, languages, numbers."""

from functools import cache
from importlib.resources import files
from typing import Annotated

from babel import Locale
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError


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


def _ensure_whole_number(value: object) -> object:
    """Accept integers, and the digits of a cell; pydantic also takes true as 1 and 2.0 as 2."""
    if isinstance(value, bool | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


CountryCode = Annotated[
    str, Field(description="ISO 3166-1 alpha-2", examples=["CN"]), AfterValidator(_is_country)
]
# language[-Script][-REGION] of BCP 47, in its recommended spelling.
LanguageTag = Annotated[
    str,
    Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"),
    AfterValidator(_is_language),
]
WholeNumber = Annotated[int, BeforeValidator(_ensure_whole_number)]
