"""The outcome of a conversion, and the names of its records."""

from typing import Any

import pytest

from contracts.l2o.events import ConversionCompleted, ConversionRejected
from kernel.ids import new_id
from l2o.conversions.domain import account_name, contact_name, conversion_from_event
from services.l2o.tests.factories import NOON, lead_converted, make_lead


def test_a_completed_conversion_publishes_the_ids_of_the_event() -> None:
    event = lead_converted()
    conversion = conversion_from_event(event)
    assert (conversion.id, conversion.version, conversion.at) == (event.conversion_id, 1, NOON)
    assert conversion.event() == ConversionCompleted(
        conversion_id=event.conversion_id,
        lead_id=event.lead.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
    )


def test_a_rejected_conversion_publishes_the_code() -> None:
    event = lead_converted(existing_account=new_id())
    rejected = conversion_from_event(event).rejected("ACCOUNT_NOT_FOUND")
    assert rejected.event() == ConversionRejected(
        conversion_id=event.conversion_id, lead_id=event.lead.lead_id, reason="ACCOUNT_NOT_FOUND"
    )


VALUES = {
    "company": "上海测试有限公司",
    "name": "王芳",
    "external_id": "EXPO-0042",
    "email": "wang@example.com",
    "phone": "+8613800138000",
}


def lead(*names: str) -> Any:
    return make_lead(**{name: VALUES[name] if name in names else None for name in VALUES})


@pytest.mark.parametrize("at", range(5))
def test_the_account_has_the_first_value_that_the_lead_has_as_its_name(at: int) -> None:
    names = list(VALUES)
    assert account_name(lead(*names[at:])) == VALUES[names[at]]


def test_the_contact_has_the_name_of_the_lead_or_else_of_the_account() -> None:
    assert contact_name(lead("company", "name")) == "王芳"
    assert contact_name(lead("company", "phone")) == "上海测试有限公司"
    assert contact_name(lead("external_id")) == "EXPO-0042"


def test_a_lead_without_any_value_gives_a_dash_as_name() -> None:
    assert account_name(lead()) == contact_name(lead()) == "—"
