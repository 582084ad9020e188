"""Field mappings: what a payload gives, where it came from, what failed, and what is refused."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import Invalid
from libs.rules.tests.rule_samples import field
from rules.fields import FactSchema, FactType
from rules.mapping import MappedField, MappingFailure, map_payload
from rules.mapping_json import check_mapping

TARGETS = FactSchema.of(
    field("company", FactType.TEXT),
    field("phone", FactType.TEXT),
    field("channel", FactType.ENUM, "WEB", "PHONE"),
    field("budget", FactType.DECIMAL),
    field("staff", FactType.INTEGER),
    field("consent", FactType.BOOLEAN),
    field("met_date", FactType.DATE),
    field("sent_at", FactType.INSTANT),
    field("words", FactType.TEXT_LIST),
)
PAYLOAD = {
    "form": {
        "company": "  远景科技 \u200b",
        "answers": [{"q": "tel", "a": 13800138000}, {"q": "budget", "a": 1234.5}],
        "empty": " ",
        "tags": "ai， 云 ,,云",
    },
    "表单": {"手机号": "138 0013 8000", "a/b": "slash"},
    "source": "Landing",
    "agreed": "yes",
    "staff": "120",
    "day": "30/11/2026",
    "time": "2026-11-30 20:15",
    "items": [{"names": ["A", "B"]}, {"names": ["C"]}, {}],
}


def mapped(target: str, *sources: str, **members: Any) -> MappedField:
    """Map one target from the payload."""
    body = {"fields": [{"target": target, "sources": list(sources), **members}]}
    [found] = map_payload(TARGETS, check_mapping(TARGETS, body), PAYLOAD).fields
    return found


def step(kind: str, **members: Any) -> dict[str, Any]:
    return {"kind": kind, **members}


@pytest.mark.parametrize(
    ("target", "source", "transforms", "value"),
    [
        ("company", "form.company", [step("TRIM")], "远景科技"),
        ("company", "source", [step("UPPER")], "LANDING"),
        ("company", "source", [step("LOWER")], "landing"),
        ("company", "/表单/a~1b", [], "slash"),
        ("company", '"表单"."a/b"', [], "slash"),
        ("phone", "/表单/手机号", [step("SPLIT", separator=" "), step("JOIN", separator="")],
         "13800138000"),
        ("phone", "form.answers[0].a", [], "13800138000"),
        ("phone", "/form/answers/0/a", [], "13800138000"),
        ("phone", "form.answers[-2].a", [], "13800138000"),
        ("budget", "form.answers[1].a", [], "1234.5"),
        ("staff", "staff", [], 120),
        ("consent", "agreed", [step("VALUE_TABLE", table={"yes": True, "no": False})], True),
        ("channel", "source", [step("VALUE_TABLE", table={"Landing": "WEB"})], "WEB"),
        ("channel", "source", [step("VALUE_TABLE", table={}, unlisted="CLEAR")], None),
        ("company", "source", [step("VALUE_TABLE", table={}, unlisted="KEEP")], "Landing"),
        ("met_date", "day", [step("DATE", format="%d/%m/%Y")], "2026-11-30"),
        ("sent_at", "time", [step("INSTANT", format="%Y-%m-%d %H:%M", zone="Asia/Shanghai")],
         "2026-11-30T12:15:00Z"),
        ("words", "form.tags", [step("SPLIT", separator=",")], ["ai， 云", "云"]),
        ("company", "form.tags", [step("SPLIT", separator=",", index=1)], "云"),
        ("company", "form.tags", [step("SPLIT", separator=",", index=2)], None),
        ("words", "items[*].names[]", [], ["A", "B", "C"]),
        ("words", "items[].names[0]", [step("LOWER")], ["a", "c"]),
        ("company", "items[*].names[]", [step("JOIN", separator="/")], "A/B/C"),
        ("words", "source", [], ["Landing"]),
        ("company", "form.missing.deep[3].x", [], None),
        ("company", "/items/01", [], None),
        ("company", "/items/9/names", [], None),
    ],
)  # fmt: skip
def test_what_a_source_gives(
    target: str, source: str, transforms: list[dict[str, Any]], value: Any
) -> None:
    found = mapped(target, source, transforms=transforms)
    assert found.failure is None
    assert found.value == value
    assert found.source == (None if value is None else source)


def test_the_first_source_that_gives_a_value_wins_then_the_default() -> None:
    trim = [step("TRIM")]
    found = mapped("company", "form.nothing", "form.empty", "source", transforms=trim, default="X")
    assert found == MappedField("company", "Landing", "source", "Landing")
    found = mapped("company", "form.nothing", "form.empty", transforms=trim, default="X")
    assert found == MappedField("company", "X", is_default=True)
    body = {"fields": [{"target": "channel", "constant": "WEB"}]}
    result = map_payload(TARGETS, check_mapping(TARGETS, body), PAYLOAD)
    assert result.fields == (MappedField("channel", "WEB"),)
    assert (result.values, result.failures) == ({"channel": "WEB"}, ())


@pytest.mark.parametrize(
    ("target", "source", "transforms", "failure"),
    [
        ("channel", "source", [], ("VALUE_UNKNOWN", None)),
        ("channel", "source", [step("TRIM"), step("VALUE_TABLE", table={"a": "WEB"})],
         ("MAPPING_VALUE_UNLISTED", 1)),
        ("met_date", "time", [step("DATE", format="%Y-%m-%d")], ("MAPPING_DATE_UNREADABLE", 0)),
        ("budget", "source", [], ("DECIMAL_STRING_INVALID", None)),
        ("staff", "form.answers[1].a", [], ("TYPE_INVALID", None)),
        ("company", "form", [], ("TYPE_INVALID", None)),
        ("company", "form", [step("TRIM")], ("TYPE_INVALID", 0)),
        ("company", "form.answers", [], ("MAPPING_LIST_UNEXPECTED", None)),
        ("words", "form.answers", [step("SPLIT", separator=",")], ("MAPPING_LIST_UNEXPECTED", 0)),
        ("consent", "agreed", [], ("TYPE_INVALID", None)),
    ],
)  # fmt: skip
def test_a_failure_is_neither_passed_over_nor_replaced_by_the_default(
    target: str, source: str, transforms: list[dict[str, Any]], failure: tuple[str, int | None]
) -> None:
    body = {"fields": [{"target": target, "sources": [source, "day"], "transforms": transforms}]}
    result = map_payload(TARGETS, check_mapping(TARGETS, body), PAYLOAD)
    [found] = result.failures
    assert (found.target, found.value, found.source) == (target, None, source)
    assert isinstance(found.failure, MappingFailure)
    assert (found.failure.code, found.failure.step) == failure
    assert result.values == {}


def test_all_violations_are_reported_at_once() -> None:
    sources = {"sources": ["a"]}
    body = {
        "fields": [
            {"target": "colour", **sources},
            {"target": "company", **sources, "constant": "x"},
            {"target": "company", "sources": ["a b", "length(a)", "a[?b]", "a.*", "a | b", "/a~2"]},
            {"target": "phone", "sources": []},
            {"target": "channel", "constant": "FAX"},
            {"target": "budget", **sources, "default": 5},
            {"target": "staff", **sources, "transforms": [step("SQRT"), step("TRIM", n=1), {}]},
            {"target": "consent", "sources": ["a[*]"]},
            {"target": "met_date", **sources, "transforms": [step("DATE", format="%Y-%m")]},
            {
                "target": "sent_at",
                **sources,
                "transforms": [step("INSTANT", format="%Y-%m-%dT%H%H", zone="Asia/Atlantis")],
            },
            {"target": "words", **sources, "transforms": [step("SPLIT"), step("JOIN")]},
        ],
        "more": 1,
    }
    with pytest.raises(Invalid) as refused:
        check_mapping(TARGETS, body)
    assert [(each.pointer, each.code) for each in refused.value.violations] == [
        ("/more", "UNKNOWN_FIELD"),
        ("/fields/0/target", "VALUE_UNKNOWN"),
        ("/fields/1/sources", "UNKNOWN_FIELD"),
        ("/fields/2/target", "MAPPING_TARGET_TWICE"),
        *((f"/fields/2/sources/{n}", "MAPPING_PATH_INVALID") for n in range(6)),
        ("/fields/3/sources", "TOO_SHORT"),
        ("/fields/4/constant", "VALUE_UNKNOWN"),
        ("/fields/5/default", "DECIMAL_STRING_INVALID"),
        ("/fields/6/transforms/0/kind", "VALUE_UNKNOWN"),
        ("/fields/6/transforms/1/n", "UNKNOWN_FIELD"),
        ("/fields/6/transforms/2/kind", "REQUIRED"),
        ("/fields/7", "MAPPING_LIST_UNEXPECTED"),
        ("/fields/8/transforms/0/format", "MAPPING_FORMAT_INVALID"),
        ("/fields/9/transforms/0/format", "MAPPING_FORMAT_INVALID"),
        ("/fields/9/transforms/0/zone", "MAPPING_ZONE_UNKNOWN"),
        ("/fields/10/transforms/0/separator", "REQUIRED"),
        ("/fields/10/transforms/1/separator", "REQUIRED"),
    ]


@pytest.mark.parametrize(
    ("target", "transforms", "pointer", "code"),
    [
        ("company", [step("SPLIT", separator=",")], "/fields/0", "MAPPING_LIST_UNEXPECTED"),
        ("words", [step("SPLIT", separator=","), step("SPLIT", separator=" ")],
         "/fields/0/transforms/1", "MAPPING_LIST_UNEXPECTED"),
        ("channel", [step("VALUE_TABLE", table={"a/b": "FAX", "c": "WEB", "d": None})],
         "/fields/0/transforms/0/table/a~1b", "VALUE_UNKNOWN"),
        ("channel", [step("VALUE_TABLE", table={"a": ["WEB"]})],
         "/fields/0/transforms/0/table/a", "TYPE_INVALID"),
        ("company", [step("SPLIT", separator="")],
         "/fields/0/transforms/0/separator", "TOO_SHORT"),
        ("company", [step("DATE", format="%Y%m%d%j")],
         "/fields/0/transforms/0/format", "MAPPING_FORMAT_INVALID"),
    ],
)  # fmt: skip
def test_steps_that_cannot_fit_are_refused_when_saved(
    target: str, transforms: list[dict[str, Any]], pointer: str, code: str
) -> None:
    body = {"fields": [{"target": target, "sources": ["a"], "transforms": transforms}]}
    with pytest.raises(Invalid) as refused:
        check_mapping(TARGETS, body)
    assert [(each.pointer, each.code) for each in refused.value.violations] == [(pointer, code)]


@pytest.mark.parametrize(
    "path", ["(" * 90 + "a" + ")" * 90, "a" + "[*]" * 60, "!" * 199 + "a", "a." * 101, "@", '"'],
)  # fmt: skip
def test_hostile_paths_are_refused(path: str) -> None:
    body = {"fields": [{"target": "company", "sources": [path]}]}
    if path.startswith("("):
        assert check_mapping(TARGETS, body)  # brackets around a name change nothing
        return
    with pytest.raises(Invalid):
        check_mapping(TARGETS, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda below: (
        st.lists(below, max_size=3)
        | st.dictionaries(st.sampled_from(["form", "answers", "a", "0"]), below, max_size=3)
    ),
)
PATHS = ["form.answers[0].a", "form.answers[*].a", "/form/answers/0", "a[].a", "a", "/0/form"]
STEPS = [
    [],
    [step("TRIM"), step("UPPER")],
    [step("JOIN", separator=","), step("SPLIT", separator=",", index=0)],
    [step("JOIN", separator=""), step("VALUE_TABLE", table={"true": None}, unlisted="KEEP")],
    [step("DATE", format="%y%m%d")],
    [step("INSTANT", format="%Y-%m-%d %H:%M %z")],
]


@settings(deadline=None)
@given(JSON, st.sampled_from(PATHS), st.sampled_from(STEPS))
def test_no_payload_breaks_a_mapping(payload: Any, path: str, steps: list[dict[str, Any]]) -> None:
    """Whatever a payload is, each field has a value of its type, a failure, or neither."""
    fields = []
    for target in TARGETS.fields.values():
        joined = [*steps, step("JOIN", separator=" ")] if target.type != "TEXT_LIST" else steps
        fields.append({"target": target.name, "sources": [path], "transforms": joined})
    result = map_payload(TARGETS, check_mapping(TARGETS, {"fields": fields}), payload)
    for each in result.fields:
        assert each.value is None or each.failure is None
        if each.value is not None:
            body = {"fields": [{"target": each.target, "constant": each.value}]}
            assert check_mapping(TARGETS, body)
