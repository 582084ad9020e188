"""How fields become columns, and which fields are left out."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.encoding import CategoryEncoding, Encoding, NumberEncoding
from scoring.examples import Example, Value
from scoring.features import ExclusionReason, FeatureSettings, fields_of, learn_features
from scoring.leakage import LeakageRules, auc_alone, filled_together, guard, suspicion

START = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = FeatureSettings(minimum_count=3)
AGE = NumberEncoding(
    field="age",
    low=0.0,
    high=10.0,
    fill=4.0,
    mean=5.0,
    spread=2.0,
    log_mean=1.0,
    log_spread=0.5,
    edges=(2.0, 4.0),
)


def examples(*values: Value, won: int = 0) -> list[Example]:
    """Examples with one field `x`, of which the first are won."""
    return [
        Example(START + timedelta(days=n), {"x": value}, n < won) for n, value in enumerate(values)
    ]


def learned(*values: Value) -> object:
    """What is learned of the field `x`: its encoding, or the reason why it is left out."""
    found = learn_features(examples(*values), ["x"], SETTINGS)
    if found.encoding.fields:
        return found.encoding.fields[0]
    [excluded] = found.excluded
    return excluded.reason, excluded.measure


def test_frequent_values_have_columns_by_frequency_and_rare_ones_share_one() -> None:
    encoding = learned(*["web"] * 4, *["expo"] * 5, "call", "mail", None, " ")
    assert encoding == CategoryEncoding("x", ("expo", "web"))
    assert encoding.encode("expo", START) == [1, 0, 0, 0]
    assert encoding.encode(" web ", START) == [0, 1, 0, 0]
    assert encoding.encode("call", START) == encoding.encode("never seen", START) == [0, 0, 1, 0]
    for missing in (None, "", "  ", 7, date(2026, 1, 1)):
        assert encoding.encode(missing, START) == [0, 0, 0, 1]


def test_booleans_are_categories() -> None:
    assert learned(*[True] * 3, *[False] * 4) == CategoryEncoding("x", ("False", "True"))


def test_a_number_has_its_distance_from_the_mean_plainly_and_by_logarithm() -> None:
    """(9 - 5) / 2 = 2 and (log 10 - 1) / 0.5 = 2.605170...; a missing 4 is (4 - 5) / 2 = -0.5."""
    assert AGE.encode(9, START) == pytest.approx([2.0, 2.605170, 0.0], abs=1e-6)
    assert AGE.encode(None, START) == pytest.approx([-0.5, 1.218876, 1.0], abs=1e-6)
    assert AGE.encode(Decimal(99), START) == AGE.encode(10.0, START)
    assert AGE.encode(float("nan"), START) == AGE.encode("nine", START) == AGE.encode(None, START)
    assert [AGE.bin_of(one, START) for one in (1, 2, 3.9, 4, None)] == [0, 1, 1, 2, 3]


def test_numbers_are_learned_with_mean_spread_and_median() -> None:
    """2, 4, 4, 4, 5, 5, 7, 9 held between 2.14 and 8.86: their mean is 5, their variance 3.7599."""
    found = learned(2, 4, 4, 4, 5, 5, 7, 9, None)
    assert isinstance(found, NumberEncoding)
    assert found.fill == 4.5
    assert (found.low, found.high) == pytest.approx((2.14, 8.86))
    assert found.mean == pytest.approx(5)
    assert found.spread == pytest.approx(3.7599**0.5)


def test_a_date_is_the_days_before_the_snapshot() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n - (n % 5)) for n in range(10)]
    found = learned(*days)
    assert isinstance(found, NumberEncoding)
    assert found.fill == 2
    at = START + timedelta(hours=36)
    assert found.encode(date(2025, 12, 31), at) == found.encode(START - timedelta(hours=12), at)
    with pytest.raises(TypeError):
        found.encode(at.replace(tzinfo=None), at)


@pytest.mark.parametrize(
    ("values", "reason", "measure"),
    [
        (["no"] * 98 + ["yes"] * 2, ExclusionReason.CONSTANT, 0.98),
        ([None] * 100, ExclusionReason.CONSTANT, 1.0),
        ([7] * 98 + [None] * 2, ExclusionReason.CONSTANT, 0.98),
        ([f"id {n}" for n in range(100)], ExclusionReason.TOO_MANY_VALUES, 100.0),
        (["seven", 7, None] * 5, ExclusionReason.MIXED_KINDS, 5.0),
    ],
)
def test_a_field_that_tells_nothing_is_left_out_with_the_reason(
    values: list[Value], reason: ExclusionReason, measure: float
) -> None:
    assert learned(*values) == (reason, measure)


def test_at_most_so_many_values_have_columns() -> None:
    values = [letter for letter in "abcdefgh" for _ in range(10)]
    few = learn_features(examples(*values), ["x"], replace(SETTINGS, maximum_values=5))
    assert few.encoding.fields == (CategoryEncoding("x", tuple("abcde")),)
    none = learn_features(examples(*values), ["x"], replace(SETTINGS, maximum_values=3))
    assert none.excluded[0].reason is ExclusionReason.TOO_MANY_VALUES


texts = st.sampled_from(["", " ", "web", " web", "expo", "never seen", "7"])
values = st.none() | texts | st.integers() | st.floats() | st.booleans() | st.dates()


@given(st.dictionaries(st.sampled_from(["age", "source"]), values))
def test_any_value_is_encoded_to_as_many_finite_numbers_that_survive_json(
    fields: dict[str, Value],
) -> None:
    encoding = Encoding((CategoryEncoding("source", ("web", "expo")), AGE))
    columns = encoding.encode(fields, START)
    assert len(columns) == encoding.width == 7
    assert all(abs(one) < 10 for one in columns)
    assert sum(columns[:4]) == 1
    assert Encoding.from_json(encoding.to_json()) == encoding
    assert sum(encoding.by_field(columns).values()) == pytest.approx(sum(columns))


RULES = LeakageRules(minimum_examples=10)
# 100 examples, of which the first 40 are won.
HALF = [f"{n % 2}" for n in range(100)]


def found_in(*values: Value, rules: LeakageRules = RULES) -> tuple[ExclusionReason, float] | None:
    found = suspicion(examples(*values, won=40), "x", rules)
    return None if found is None else (found.reason, round(found.measure or 0, 3))


def test_a_field_that_is_filled_for_lost_leads_only_is_suspected() -> None:
    reasons: list[Value] = [*[None] * 40, *["too expensive", "no need"] * 15, *[None] * 30]
    assert found_in(*reasons) == (ExclusionReason.FILLED_IN_ONE_CLASS, 1.0)
    nine: list[Value] = [*["an account"] * 9, *[None] * 91]
    assert found_in(*nine) is None  # too few to say


def test_a_field_that_leaves_its_usual_value_for_won_leads_only_is_suspected() -> None:
    assert found_in(*["yes"] * 14, *["no"] * 86) == (ExclusionReason.CHANGED_IN_ONE_CLASS, 1.0)
    assert found_in(*["yes"] * 9, *["no"] * 91) is None


def test_a_field_that_ranks_leads_by_itself_is_suspected() -> None:
    """Of 40 won and 60 lost, 38 and 57 have the value of their class."""
    tags = [*["hot"] * 38, *["cold"] * 2, *["cold"] * 57, *["hot"] * 3]
    found = suspicion(examples(*tags, won=40), "x", RULES)
    assert found is not None
    assert found.reason is ExclusionReason.PREDICTS_ALONE
    assert found.measure == pytest.approx((38 * 57 + 0.5 * (38 * 3 + 2 * 57)) / 2400, abs=0.01)
    numbers = [*range(200, 240), *range(60)]
    found = suspicion(examples(*numbers, won=40), "x", RULES)
    assert found is not None
    assert found.reason is ExclusionReason.PREDICTS_ALONE


def test_what_says_little_is_not_suspected() -> None:
    assert found_in(*HALF) is None
    assert found_in(*(f"id {n}" for n in range(100))) is None
    assert found_in(*[None] * 100) is None
    assert auc_alone(examples(*(f"id {n}" for n in range(100)), won=40), "x") == pytest.approx(0.5)
    # Nearly all examples are lost, filled or not: no sign of a later hand.
    nearly_all_lost = examples(*[None] * 10, *["filled", None] * 245, won=10)
    assert suspicion(nearly_all_lost, "x", replace(RULES, maximum_auc=1)) is None


def test_a_field_that_is_empty_where_a_declared_one_is_is_suspected() -> None:
    """Of 100 examples 51 lack one or the other, 49 both: 0.961."""
    known = [
        replace(
            one,
            fields={
                "tag": None if n % 2 or n == 0 else "called",
                "post": None if n % 2 and n > 1 else "clerk",
                "city": None if n % 4 else "Wuhan",
                "name": "always",
            },
        )
        for n, one in enumerate(examples(*HALF, won=40))
    ]
    rules = replace(RULES, written_later={"tag": "after calling", "unknown": "nowhere"})
    found = filled_together(known, "post", rules)
    assert found is not None
    assert (found.reason, found.note) == (ExclusionReason.FILLED_WITH_LATER, "tag")
    assert found.measure == 49 / 51
    assert filled_together(known, "city", rules) is None  # 75 lack it
    assert filled_together(known, "name", rules) is None
    assert "post" not in guard(known, rules).allowed
    assert "post" in guard(known, replace(rules, confirmed=frozenset({"post"}))).allowed


def test_the_guard_names_every_field_that_it_leaves_out_and_believes_who_confirms() -> None:
    known = [
        Example(one.at, {"tag": "hot" if one.is_won else "cold", "source": half, "lost": "x"}, won)
        for one, half, won in (
            (one, half, one.is_won) for one, half in zip(examples(*HALF, won=40), HALF, strict=True)
        )
    ]
    rules = replace(RULES, written_later={"lost": "typed in when a lead is lost"})
    report = guard(known, rules)
    assert fields_of(known) == ["lost", "source", "tag"]
    assert report.allowed == ("source",)
    assert [(one.field, one.reason, one.note) for one in report.excluded] == [
        ("lost", ExclusionReason.WRITTEN_LATER, "typed in when a lead is lost"),
        ("tag", ExclusionReason.CHANGED_IN_ONE_CLASS, ""),
    ]
    confirmed = guard(known, replace(rules, confirmed=frozenset({"tag", "lost"})))
    assert confirmed.allowed == ("source", "tag")  # what is declared stays out
