"""Which values a merge chooses, and what an undo takes back."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.foundation.texts import Text
from kernel.errors import Invalid
from kernel.money import Money
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.merges.domain.choices import Choice, ChoiceReason, choose, merged_lead
from mtl.merges.domain.merge import Changes
from mtl.merges.domain.units import FIELDS_OF, MERGED_FIELDS
from mtl.merges.store import changes_from_columns, changes_to_columns
from mtl.texts import TEXTS
from scoring.grades import Grade
from services.mtl.tests.factories import NOON, make_lead

SHORT = st.none() | st.sampled_from(["甲", "乙", "丙"])
PHONE = st.none() | st.sampled_from([f"+861380013800{n}" for n in range(6)])
BUDGETS = [Money(Decimal("1.50"), "CNY"), Money(Decimal(2), "USD")]
VALUES = st.fixed_dictionaries(
    {
        "name": SHORT,
        "country": SHORT,
        "region_code": SHORT,
        "address": SHORT,
        "source": SHORT,
        "utm_term": SHORT,
        "phone": PHONE,
        "other_phone": PHONE,
        "email": SHORT,
        "other_email": SHORT,
        "budget": st.none() | st.sampled_from(BUDGETS),
        "attributes": st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy")),
        "custom_fields": st.dictionaries(
            st.sampled_from("de"), st.sampled_from([["p"], ["q", "r"], "s", 1])
        ),
    }
)


def chosen(survivor: Lead, *others: Lead, **pinned: Any) -> dict[str, Choice]:
    pins = {name.replace("__", "."): lead.id for name, lead in pinned.items()}
    return {one.unit: one for one in choose(survivor, others, pins)}


def test_a_value_of_the_survivor_counts_before_any_other() -> None:
    a = make_lead(name="王芳")
    b = make_lead(name="王芳芳", job_title="主管", grade=Grade.A)
    found = chosen(a, b)
    assert (found["name"].lead_id, found["name"].reason) == (a.id, ChoiceReason.OWN)
    assert [one.value for one in found["name"].left_out] == [{"name": "王芳芳"}]
    assert (found["job_title"].lead_id, found["job_title"].reason) == (b.id, ChoiceReason.ONLY)
    pinned = chosen(a, b, name=b)["name"]
    assert (pinned.values, pinned.reason) == ({"name": "王芳芳"}, ChoiceReason.PINNED)


def test_of_other_leads_the_better_grade_counts_and_then_the_newer_one() -> None:
    old = make_lead(need="ERP", grade=Grade.B)
    new = make_lead(need="CRM", grade=Grade.B, updated_at=NOON + timedelta(days=1))
    best = make_lead(need="MES", grade=Grade.A)
    newer = chosen(make_lead(), old, new)["need"]
    assert (newer.lead_id, newer.reason) == (new.id, ChoiceReason.NEWER)
    graded = chosen(make_lead(), old, new, best)["need"]
    assert (graded.lead_id, graded.reason) == (best.id, ChoiceReason.BETTER_GRADE)
    assert [one.lead_id for one in graded.left_out] == [new.id, old.id]


def test_an_address_is_taken_as_a_whole() -> None:
    a = make_lead(country="US")
    part = make_lead(region_code="310101", grade=Grade.A)
    whole = make_lead(country="CN", region_code="330106", address="文三路 1 号")
    found = chosen(a, part, whole)["address"]
    assert found.values == {"country": "CN", "region_code": "330106", "address": "文三路 1 号"}
    assert found.reason is ChoiceReason.MORE_COMPLETE
    street = make_lead(address="中山路 2 号")
    assert chosen(a, street)["address"].values["country"] == "US"
    own = chosen(street, whole)["address"]
    assert (own.values["region_code"], own.reason) == (None, ChoiceReason.OWN)


def test_phones_fill_what_is_free_and_the_rest_is_named() -> None:
    a = make_lead(other_phone="+861")
    b = make_lead(phone="+862", other_phone="+861")
    c = make_lead(phone="+863", grade=Grade.A)
    found = chosen(a, b, c)["phone"]
    assert found.values == {"phone": "+863", "other_phone": "+861"}
    assert [(one.lead_id, one.value) for one in found.left_out] == [(b.id, "+862")]
    pinned = chosen(a, b, c, phone=b)["phone"]
    assert pinned.values == {"phone": "+862", "other_phone": "+861"}
    assert [one.value for one in pinned.left_out] == ["+863"]


def test_contacts_of_an_invalid_lead_are_not_taken() -> None:
    invalid = make_lead(phone="+862", wechat_id="w", need="CRM", status=LeadStatus.INVALID)
    found = chosen(make_lead(), invalid)
    assert ("phone" in found, "wechat_id" in found, "need" in found) == (False, False, True)


def test_attributes_and_custom_fields_are_united_by_name() -> None:
    a = make_lead(attributes={"标签": "x"}, custom_fields={"uses": ["p"], "size": 1})
    b = make_lead(
        attributes={"标签": "y", "展会": "z"}, custom_fields={"uses": ["q", "p"], "size": 2}
    )
    found = chosen(a, b)
    assert found["attributes"].values == {"attributes": {"标签": "x", "展会": "z"}}
    assert [(one.name, one.value) for one in found["attributes"].left_out] == [("标签", "y")]
    united = found["custom_fields"].values["custom_fields"]
    assert united == {"uses": ["p", "q"], "size": 1}
    assert chosen(a, b, attributes__标签=b)["attributes"].values["attributes"]["标签"] == "y"
    many = make_lead(attributes={f"k{n}": "v" for n in range(100)})
    full = chosen(a, many)["attributes"]
    assert (len(full.values["attributes"]), len(full.left_out)) == (100, 1)


def test_wrong_pins_are_all_named() -> None:
    a, b = make_lead(), make_lead()
    with pytest.raises(Invalid) as refused:
        choose(a, [b], {"owner_id": b.id, "name": b.id, "attributes.": b.id})
    assert {(one.pointer, one.code) for one in refused.value.violations} == {
        ("/pinned/owner_id", "PINNED_FIELD_UNKNOWN"),
        ("/pinned/name", "PINNED_VALUE_MISSING"),
        ("/pinned/attributes.", "PINNED_FIELD_UNKNOWN"),
    }


def test_every_unit_and_reason_has_a_label() -> None:
    labels = [TEXTS.get(f"MergeField.{unit}") for unit in FIELDS_OF]
    labels += [TEXTS.get(f"ChoiceReason.{reason}") for reason in ChoiceReason]
    assert all(isinstance(one, Text) for one in labels)


@given(st.lists(VALUES, min_size=2, max_size=5))
def test_a_merge_loses_nothing_unnamed_and_is_taken_back(values: list[dict[str, Any]]) -> None:
    survivor, *others = [make_lead(**one) for one in values]
    choices = choose(survivor, others, {})
    merged = merged_lead(survivor, choices)
    named = [one.value for choice in choices for one in choice.left_out]
    for other in others:
        for name in ("phone", "other_phone", "email", "other_email"):
            value = getattr(other, name)
            pair = (name.replace("other_", ""), f"other_{name.replace('other_', '')}")
            present = [getattr(merged, field) for field in pair]
            assert value is None or value in present or value in named
        assert set(other.attributes) <= set(merged.attributes)
    for name, value in values[0].items():
        if value is not None and name in ("name", "budget", "phone", "email"):
            assert getattr(merged, name) == value
    changes = changes_from_columns(changes_to_columns(Changes.between(survivor, merged)))
    assert changes is not None
    assert changes.taken_back(merged) == (survivor, [])


@given(st.lists(VALUES, min_size=2, max_size=3), VALUES, st.sampled_from(MERGED_FIELDS))
def test_what_was_edited_since_stays(
    values: list[dict[str, Any]], edit: dict[str, Any], field: str
) -> None:
    survivor, *others = [make_lead(**one) for one in values]
    merged = merged_lead(survivor, choose(survivor, others, {}))
    changes = Changes.between(survivor, merged)
    edited = replace(merged, **{field: edit.get(field, getattr(merged, field))})
    back, kept = changes.taken_back(edited)
    units = {one.partition(".")[0] for one in kept}
    for unit, fields in FIELDS_OF.items():
        if unit in units and unit not in ("attributes", "custom_fields"):
            assert all(getattr(back, one) == getattr(edited, one) for one in fields)
        elif field not in fields:
            assert all(getattr(back, one) == getattr(survivor, one) for one in fields)


def test_tags_are_united_with_those_of_the_survivor_first() -> None:
    survivor, other = make_lead(tags=("VIP", "华东")), make_lead(tags=("vip", "展会"))
    [tags] = [one for one in choose(survivor, [other], {}) if one.unit == "tags"]
    assert tags.values == {"tags": ("VIP", "华东", "展会")}
    assert tags.reason is ChoiceReason.UNITED
    many = make_lead(tags=tuple(f"t{n}" for n in range(20)))
    [full] = [one for one in choose(survivor, [many], {}) if one.unit == "tags"]
    assert (len(full.values["tags"]), [one.value for one in full.left_out]) == (20, ["t18", "t19"])
