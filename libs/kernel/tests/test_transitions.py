"""Allowed and refused moves, in each of the three forms of a table."""

from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import RuleBroken
from kernel.transitions import Transitions


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    DARK = "DARK"


class Switch(StrEnum):
    GO = "GO"
    STOP = "STOP"
    BREAK = "BREAK"
    REPAIR = "REPAIR"


RED, GREEN, DARK = Light
SWITCHES: Transitions[Switch, Light] = Transitions(
    {
        Switch.GO: ({RED}, GREEN),
        Switch.STOP: ({GREEN}, RED),
        Switch.BREAK: ({RED, GREEN}, DARK),
        Switch.REPAIR: ({DARK}, RED),
    }
)
CODES = {RED: "LIGHT_RED", DARK: "LIGHT_DARK"}


@pytest.mark.parametrize(
    ("move", "sources", "target"),
    [
        (Switch.GO, {RED}, GREEN),
        (Switch.STOP, {GREEN}, RED),
        (Switch.BREAK, {RED, GREEN}, DARK),
        (Switch.REPAIR, {DARK}, RED),
    ],
)
def test_a_named_move_starts_from_its_states_only(
    move: Switch, sources: set[Light], target: Light
) -> None:
    assert {state for state in Light if SWITCHES.allows(move, state)} == sources
    assert SWITCHES.target(move) is target
    assert [state for state in Light if SWITCHES.has_made(move, state)] == [target]


def test_a_refusal_has_the_code_and_params_of_the_caller() -> None:
    SWITCHES.ensure_allowed(Switch.GO, RED, "NOT_RED")
    with pytest.raises(RuleBroken) as refused:
        SWITCHES.ensure_allowed(Switch.GO, DARK, "NOT_RED", state=DARK)
    assert (refused.value.code, refused.value.params) == ("NOT_RED", {"state": "DARK"})


def test_a_refusal_can_have_the_code_of_the_state() -> None:
    SWITCHES.ensure_allowed(Switch.BREAK, GREEN, CODES)  # an allowed move needs no code
    with pytest.raises(RuleBroken, match="LIGHT_DARK"):
        SWITCHES.ensure_allowed(Switch.BREAK, DARK, CODES)


def test_a_move_without_a_name_is_the_state_it_leads_to() -> None:
    lights = Transitions.between({RED: {GREEN, DARK}, GREEN: {RED, DARK}, DARK: set()})
    assert {(state, to) for state in Light for to in Light if lights.allows(to, state)} == {
        (RED, GREEN),
        (RED, DARK),
        (GREEN, RED),
        (GREEN, DARK),
    }
    assert lights.has_made(DARK, DARK)


def test_a_derived_state_is_not_led_to() -> None:
    moves = Transitions.derived({Switch.GO: {RED, DARK}})
    assert [state for state in Light if moves.allows(Switch.GO, state)] == [RED, DARK]
    assert not any(moves.has_made(Switch.GO, state) for state in Light)
    assert not any(moves.allows(Switch.STOP, state) for state in Light)
    with pytest.raises(KeyError):
        moves.target(Switch.GO)


@given(st.dictionaries(st.sampled_from(Light), st.sets(st.sampled_from(Light))))
def test_the_table_of_followers_allows_exactly_these(followers: dict[Light, set[Light]]) -> None:
    table = Transitions.between(followers)
    for state in Light:
        assert {to for to in Light if table.allows(to, state)} == followers.get(state, set())
