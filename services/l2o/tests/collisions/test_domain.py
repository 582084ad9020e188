"""What two companies have in common, how likely they are one, and what a policy says."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from l2o.collisions.domain import (
    Collision,
    CollisionAction,
    CollisionKey,
    CollisionPolicy,
    CompanyFacts,
    Holder,
    KnownCompany,
    collision_error,
    collisions,
)
from services.l2o.tests.factories import NOON

CODE, OTHER_CODE = "91110000600037341L", "91310000607378507M"
FACTS = CompanyFacts(
    name="杭州远景科技有限公司",
    uscc=CODE,
    phones=frozenset({"+8657187654321", "+8613800138000"}),
    emails=frozenset({"a@example.com"}),
    domains=frozenset({"example.com"}),
)
NONE = CompanyFacts()
POLICY = CollisionPolicy(id=new_id(), created_at=NOON, updated_at=NOON)


def known(**fields: Any) -> KnownCompany:
    return KnownCompany(account_id=new_id(), owner_id="li", facts=replace(NONE, **fields))


@pytest.mark.parametrize(
    ("fields", "score", "keys"),
    [
        ({"uscc": CODE}, 100, "USCC"),
        ({"phones": frozenset({"+8613800138000"})}, 100, "PHONE"),
        ({"emails": frozenset({"a@example.com"})}, 100, "EMAIL"),
        ({"domains": frozenset({"example.com"})}, 100, "WEBSITE"),
        ({"name": "杭州远景科技有限公司"}, 100, "NAME"),
        ({"name": " 杭州远景科技有限公司 "}, 100, "NAME"),
        ({"name": "远景科技（杭州）股份有限公司"}, 100, "SIMILAR_NAME"),
        ({"name": "杭州远景", "uscc": CODE}, 100, "USCC SIMILAR_NAME"),
        ({"name": "杭州园景科技有限公司"}, 95, "SIMILAR_NAME"),
    ],
)
def test_what_two_companies_have_in_common(fields: dict[str, Any], score: int, keys: str) -> None:
    [found] = collisions(FACTS, [known(**fields)])
    assert (found.score, " ".join(found.keys)) == (score, keys)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "上海海天食品有限公司"},
        {"name": "杭州远景科技有限公司", "uscc": OTHER_CODE},  # two codes are two companies
        {"phones": frozenset({"+8613900139000"})},
        {},
    ],
)
def test_other_companies_do_not_collide(fields: dict[str, Any]) -> None:
    assert collisions(FACTS, [known(**fields)]) == []


def test_nothing_known_collides_with_nothing() -> None:
    assert collisions(NONE, [known(name="x", uscc=CODE), known()]) == []


def test_the_likeliest_come_first_and_twenty_are_shown() -> None:
    similar = known(name="杭州园景科技有限公司")
    two = known(uscc=CODE, phones=frozenset({"+8613800138000"}))
    others = [known(uscc=CODE) for _ in range(30)]
    found = collisions(FACTS, [similar, *others, two])
    assert [one.record_id for one in found] == [
        two.account_id,
        *(one.account_id for one in others[:19]),
    ]


@pytest.mark.parametrize(
    ("keys", "action"),
    [("", "ALLOW"), ("WEBSITE", "ALLOW"), ("SIMILAR_NAME", "ALLOW"), ("NAME", "WARN"),
     ("WEBSITE PHONE", "WARN"), ("EMAIL USCC NAME", "BLOCK")],
)  # fmt: skip
def test_the_strictest_action_counts(keys: str, action: str) -> None:
    for order in permutations([CollisionKey(key) for key in keys.split()]):
        assert POLICY.action_for(order) is CollisionAction(action)


@given(st.lists(st.sampled_from(CollisionKey)), st.lists(st.sampled_from(CollisionKey)))
def test_more_keys_are_never_treated_less_strictly(
    keys: list[CollisionKey], more: list[CollisionKey]
) -> None:
    order = list(CollisionAction)
    less, both = POLICY.action_for(keys), POLICY.action_for([*keys, *more])
    assert order.index(less) <= order.index(both)


def test_an_edit_adds_what_was_not_there() -> None:
    before = replace(FACTS, phones=frozenset({"+8613800138000"}), name="杭州远景科技有限公司 ")
    assert FACTS.without(before) == CompanyFacts(phones=frozenset({"+8657187654321"}))
    assert FACTS.without(FACTS) == NONE


def test_the_keys_that_writers_lock_are_sorted_and_say_what_they_are() -> None:
    keys = FACTS.exact_keys()
    assert keys == sorted(keys)
    assert {key.split()[0] for key in keys} == {"USCC", "NAME", "PHONE", "EMAIL", "WEBSITE"}
    assert len(keys) == 6


def collision(score: int = 100) -> Collision:
    keys = (CollisionKey.PHONE,)
    return Collision(record_id=new_id(), name="远景", owner_id="li", score=score, keys=keys)


def holder_of(one: Collision, *, is_visible: bool) -> Holder:
    return Holder(
        record_id=one.record_id,
        is_visible=is_visible,
        owner_id="li",
        owner_name="李雷",
        department_name="华东销售部",
    )


def test_a_refusal_says_who_has_a_hidden_account_and_not_which_it_is() -> None:
    hidden, seen = collision(), collision()
    holders = {
        hidden.record_id: holder_of(hidden, is_visible=False),
        seen.record_id: holder_of(seen, is_visible=True),
    }
    error = collision_error("account", CollisionAction.BLOCK, [hidden, seen], holders)
    assert (error.code, error.params["holder"]) == ("ACCOUNT_COLLIDES", "李雷 (华东销售部)")
    first, second = error.params["collisions"]
    assert first == {
        "owner_id": "li",
        "owner_name": "李雷",
        "department_name": "华东销售部",
        "score": 100,
        "keys": ["PHONE"],
    }
    assert second == {**first, "account_id": str(seen.record_id), "account_name": "远景"}


def test_a_warning_has_a_code_of_its_own() -> None:
    one = collision()
    holders = {one.record_id: holder_of(one, is_visible=True)}
    for what, code in (("account", "ACCOUNT_MAY_COLLIDE"), ("contact", "CONTACT_MAY_COLLIDE")):
        assert collision_error(what, CollisionAction.WARN, [one], holders).code == code
