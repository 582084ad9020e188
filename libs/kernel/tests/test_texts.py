"""What nobody sees at the ends of a text is not part of it."""

from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from kernel.texts import TrimmedText, strip_invisible

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "stripped"),
    [
        (" \u200b ", ""),
        ("\u200b\ufeff\u2060\u00ad\u200e", ""),
        ("\u3164\u2800\uffa0\u115f", ""),
        ("\ufe0f\u200d", ""),
        ("\U000e0067\U000e007f", ""),
        ("\u200b ACME \ufeff", "ACME"),
        ("\u202eACME\u202c", "ACME"),
        ("A\u200bB", "A\u200bB"),
        (f" {FAMILY}\u200b", FAMILY),
        (f"x {ENGLAND} ", f"x {ENGLAND}"),
        ("\u2764\ufe0f ", "\u2764\ufe0f"),
        ("\u0600123", "\u0600123"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u3000上海\u00a0", "上海"),
        ("", ""),
    ],
)
def test_what_nobody_sees_is_stripped_from_the_ends_only(text: str, stripped: str) -> None:
    assert strip_invisible(text) == stripped


@given(st.text(alphabet=st.sampled_from("ab \u200b\u200d\ufe0f\u3164\U000e0067"), max_size=8))
def test_a_stripped_text_stays_as_it_is(text: str) -> None:
    assert strip_invisible(strip_invisible(text)) == strip_invisible(text)
    assert strip_invisible(text) in text


def test_length_and_pattern_count_without_the_ends() -> None:
    name = TypeAdapter(Annotated[str, TrimmedText(min_length=1, max_length=3, pattern="^[a-z]*$")])
    assert name.validate_python(" \u200babc\u200b ") == "abc"
    assert name.validate_json('"\\u200b abc"') == "abc"
    for refused_text, kind in (
        ("\u200b", "string_too_short"),
        ("abcd", "string_too_long"),
        ("a b", "string_pattern_mismatch"),
        (3, "string_type"),
    ):
        with pytest.raises(ValidationError) as refused:
            name.validate_python(refused_text)
        assert [one["type"] for one in refused.value.errors()] == [kind]
    schema = {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]*$"}
    assert name.json_schema() == schema
