"""The small score by frequencies, computed by hand."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.examples import ClassCounts, Example, TooFewExamples, Value
from scoring.frequency import FrequencyModel, learn_frequencies

START = datetime(2026, 1, 1, tzinfo=UTC)
# 40 won and 60 lost: 20 and 10 of them met at an expo, 24 and 18 are manufacturers.
FAIR = FrequencyModel(
    ClassCounts(40, 60),
    {
        "source": {
            "expo": ClassCounts(20, 10),
            "web": ClassCounts(15, 30),
            "call": ClassCounts(5, 20),
        },
        "industry": {"mfg": ClassCounts(24, 18), "retail": ClassCounts(16, 42)},
    },
)
LEAD: dict[str, Value] = {"source": "expo", "industry": "mfg"}


def test_a_manufacturer_from_an_expo() -> None:
    """0.4 * 20.1/40.3 * 24.1/40.2 against 0.6 * 10.1/60.3 * 18.1/60.2: 79.83 %."""
    won = Fraction(4, 10) * Fraction(201, 403) * Fraction(241, 402)
    lost = Fraction(6, 10) * Fraction(101, 603) * Fraction(181, 602)
    found = FAIR.score(LEAD)
    assert found.probability == won / (won + lost)
    assert found.percent == Decimal("79.83")
    assert [one.field for one in found.evidence] == ["source", "industry"]
    assert found.evidence[0].ratio == Fraction(201, 403) / Fraction(101, 603)


def test_without_smoothing_it_is_four_fifths() -> None:
    """0.4 * 0.5 * 0.6 = 0.12 against 0.6 * 1/6 * 0.3 = 0.03."""
    found = FAIR.score(LEAD, smoothing=Fraction(0))
    assert found.probability == Fraction(4, 5)
    assert found.percent == Decimal("80.00")


def test_a_value_that_was_never_lost_is_not_certain() -> None:
    """0.4 * 20.1/40.3 against 0.6 * 0.1/60.3: 99.50 %, and 100 % without smoothing."""
    counts = {
        "expo": ClassCounts(20, 0),
        "web": ClassCounts(15, 40),
        "call": ClassCounts(5, 20),
    }
    model = FrequencyModel(ClassCounts(40, 60), {"source": counts})
    assert model.score({"source": "expo"}).percent == Decimal("99.50")
    assert model.score({"source": "expo"}, smoothing=Fraction(0)).percent == Decimal("100.00")


@pytest.mark.parametrize("lead", [{}, {"source": None}, {"source": "moon"}, {"source": 7}])
def test_what_no_example_had_says_nothing(lead: dict[str, Value]) -> None:
    found = FAIR.score(lead)
    assert (found.probability, found.evidence) == (Fraction(2, 5), ())


def examples(won: int, lost: int) -> list[Example]:
    return [
        Example(
            START + timedelta(days=n), {"source": "expo" if n % 3 else " ", "vip": n < won}, n < won
        )
        for n in range(won + lost)
    ]


def test_counts_are_learned_from_examples() -> None:
    model = learn_frequencies(examples(20, 25), ["source", "vip"])
    assert model.counts == ClassCounts(20, 25)
    assert model.fields == {
        "source": {"expo": ClassCounts(13, 17)},
        "vip": {"False": ClassCounts(0, 25), "True": ClassCounts(20, 0)},
    }


def test_fewer_than_twenty_of_a_class_are_refused() -> None:
    with pytest.raises(TooFewExamples) as refused:
        learn_frequencies(examples(19, 300), ["source"])
    assert refused.value.code == "SCORING_TOO_FEW_EXAMPLES"
    assert refused.value.params == {"won": 19, "lost": 300, "needed": 20}


counts = st.builds(ClassCounts, st.integers(0, 50), st.integers(0, 50))
models = st.builds(
    FrequencyModel,
    st.builds(ClassCounts, st.integers(1, 100), st.integers(1, 100)),
    st.dictionaries(
        st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), counts, min_size=1)
    ),
)
leads = st.dictionaries(st.sampled_from("abcd"), st.none() | st.sampled_from("wxyz"))


@given(models, leads)
def test_won_and_lost_are_exact_opposites_and_never_certain(
    model: FrequencyModel, lead: dict[str, Value]
) -> None:
    mirrored = FrequencyModel(
        ClassCounts(model.counts.lost, model.counts.won),
        {
            field: {value: ClassCounts(one.lost, one.won) for value, one in values.items()}
            for field, values in model.fields.items()
        },
    )
    probability = model.score(lead).probability
    assert 0 < probability < 1
    assert probability + mirrored.score(lead).probability == 1


@given(models, leads)
def test_a_model_survives_json(model: FrequencyModel, lead: dict[str, Value]) -> None:
    again = FrequencyModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again == model
    assert again.score(lead) == model.score(lead)


def test_another_format_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown format"):
        FrequencyModel.from_json({"format": 2})
