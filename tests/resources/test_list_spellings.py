"""Every filter by a text of every list reads its value as the writers of the column store it."""

import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import String, Text
from sqlalchemy.dialects import postgresql

from chassis.records.lists.columns import spelling_of
from chassis.records.lists.filters import EQUAL, IN, PREFIX, FilterParameter
from chassis.records.lists.listing import Listing
from deploy.services import SERVICES
from testkit.plans import declared_lists

PROSE = "people write it as they like, and `q` finds its words in any case"
IDENTITY = "an id that programs give: case matters in it"
# Fields whose filters distinguish case, each with its reason.
CASE_MATTERS = {
    "owner_id": IDENTITY,
    "holder_id": IDENTITY,  # the subject of a person, as in tokens
    "default_owner_id": IDENTITY,
    "reviewed_by": IDENTITY,
    "uploaded_by": IDENTITY,
    "requested_by": IDENTITY,
    "subject": IDENTITY,
    "external_id": IDENTITY,
    "customer_order_no": IDENTITY,  # of the customer's system
    "name": PROSE,
    "account_name": PROSE,
    "company": PROSE,
    "segment": PROSE,
    "industry": PROSE,
    "series": PROSE,
    "source": PROSE,
}
SAMPLES = ("Ab-é1", "AB-É1", "ab-é1")  # as given, in upper case, in lower case


def text_filters(listing: Listing[Any]) -> Iterator[FilterParameter]:
    """The filters by whole texts and their beginnings, without phones and mails."""
    for one in listing.parameters:
        if one.column is None or one.operation not in (EQUAL, IN, PREFIX):
            continue
        is_text = isinstance(one.column.type, Text) or type(one.column.type) is String
        if is_text and spelling_of(one.column) not in ("phone", "email"):
            yield one


def values_of(parameter: FilterParameter, value: str) -> set[str]:
    """The texts that the condition of a filter compares its column with."""
    given = [value] if parameter.operation == IN else value
    read = TypeAdapter(parameter.annotation).validate_python(given)
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    compiled = parameter.where(read).compile(dialect=dialect)
    found: set[str] = set()
    for one in compiled.params.values():
        found |= set(one) if isinstance(one, list | tuple) else {one}
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_every_text_filter_reads_values_as_they_are_stored(service: str) -> None:
    wrong, checked = [], 0
    for collection, listing in declared_lists(service).items():
        for parameter in text_filters(listing):
            checked += 1
            for sample in SAMPLES:
                stored = values_of(parameter, sample)
                decomposed = unicodedata.normalize("NFD", sample)
                spellings = [decomposed, f"  {sample}", f"\u200b{sample}"]
                if parameter.operation != PREFIX:
                    spellings += [f"{sample} ", f"\u3000{sample}\t"]
                if any(values_of(parameter, spelling) != stored for spelling in spellings):
                    wrong.append(f"{collection}?{parameter.name}")
    assert wrong == []
    assert checked


@pytest.mark.parametrize("service", SERVICES)
def test_case_matters_only_in_the_filters_that_say_so(service: str) -> None:
    """Codes are found in upper and lower case, and names that have a comparable form."""
    wrong = []
    for collection, listing in declared_lists(service).items():
        for parameter in text_filters(listing):
            _, upper, lower = (values_of(parameter, sample) for sample in SAMPLES)
            field = parameter.name.partition("__")[0]
            has_key = f"{field}_key" in listing.table.c and parameter.operation != PREFIX
            folds = bool(upper & lower)
            if folds is (field in CASE_MATTERS and not has_key):
                wrong.append(f"{collection}?{parameter.name}")
    # `bank_reference__startswith` compares what was written: its key has no blanks.
    assert set(wrong) <= {"payments?bank_reference__startswith"}
