"""Which scopes a change takes away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.resources import covers
from org.principals.domain import lost_scopes, principal_id

SCOPES = ("*", "mtl.*", "rms.*", "mtl.lead.*", "mtl.lead.read", "mtl.lead.write", "rms.order.read")
scopes = st.frozensets(st.sampled_from(SCOPES), max_size=4)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ({"mtl.lead.read"}, {"mtl.lead.read", "mtl.lead.write"}, set()),
        ({"mtl.lead.read"}, {"mtl.lead.*"}, set()),
        ({"mtl.lead.*"}, {"mtl.*"}, set()),
        ({"mtl.*", "rms.order.read"}, {"*"}, set()),
        ({"*"}, {"mtl.*", "org.*"}, {"*"}),
        ({"mtl.lead.*"}, {"mtl.lead.read", "mtl.lead.write", "mtl.lead.all"}, {"mtl.lead.*"}),
        ({"mtl.lead.read", "rms.order.read"}, {"mtl.*"}, {"rms.order.read"}),
        ({"mtl.lead.read"}, set(), {"mtl.lead.read"}),
    ],
)
def test_a_scope_is_lost_unless_another_one_covers_it(
    before: set[str], after: set[str], lost: set[str]
) -> None:
    assert lost_scopes(before, after) == lost


@given(before=scopes, after=scopes, more=scopes)
def test_giving_more_never_takes_anything_away(
    before: frozenset[str], after: frozenset[str], more: frozenset[str]
) -> None:
    assert lost_scopes(before, before | more) == set()
    assert lost_scopes(before, after | more) <= lost_scopes(before, after) <= before
    assert lost_scopes(before, after | {"*"}) == set()


@given(held=scopes, scope=st.sampled_from(SCOPES))
def test_who_loses_nothing_may_do_what_they_could(held: frozenset[str], scope: str) -> None:
    """A wildcard covers whatever a scope that it covers covers."""
    for wider in SCOPES:
        if covers({wider}, scope) and covers(held, wider):
            assert covers(held, scope)


def test_the_id_of_a_principal_follows_from_the_subject() -> None:
    assert principal_id("idp|1") == principal_id("idp|1") != principal_id("idp|2")
