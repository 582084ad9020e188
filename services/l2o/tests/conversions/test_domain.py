from typing import Any

import pytest

from contracts.l2o.events import ConversionCompleted, ConversionRejected
from kernel.ids import new_id
from l2o.conversions.domain import account_name, contact_name, conversion_of
from services.l2o.tests.factories import NOON, lead_converted, make_lead


def test_a_conversion_is_completed_with_the_ids_made_in_advance() -> None:
    event = lead_converted()
    conversion = conversion_of(event, rejected_for=None)
    assert (conversion.id, conversion.version, conversion.at) == (event.conversion_id, 1, NOON)
    assert conversion.event() == ConversionCompleted(
        conversion_id=event.conversion_id,
        lead_id=event.lead.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
    )


def test_or_rejected_with_a_code() -> None:
    event = lead_converted(existing_account=new_id())
    assert conversion_of(event, rejected_for="ACCOUNT_NOT_FOUND").event() == ConversionRejected(
        conversion_id=event.conversion_id, lead_id=event.lead.lead_id, reason="ACCOUNT_NOT_FOUND"
    )


KNOWN = {
    "company": "上海测试有限公司",
    "name": "王芳",
    "external_id": "EXPO-0042",
    "email": "wang@example.com",
    "phone": "+8613800138000",
}


def lead(*known: str) -> Any:
    return make_lead(**{name: KNOWN[name] if name in known else None for name in KNOWN})


@pytest.mark.parametrize("at", range(5))
def test_the_account_is_called_by_the_first_thing_known(at: int) -> None:
    names = list(KNOWN)
    assert account_name(lead(*names[at:])) == KNOWN[names[at]]


def test_the_contact_is_called_by_name_or_else_as_the_account() -> None:
    assert contact_name(lead("company", "name")) == "王芳"
    assert contact_name(lead("company", "phone")) == "上海测试有限公司"
    assert contact_name(lead("external_id")) == "EXPO-0042"


def test_nobody_knows_its_name() -> None:
    assert account_name(lead()) == contact_name(lead()) == "—"
