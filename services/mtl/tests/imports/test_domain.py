"""A row of a file as a lead."""

from chassis.files.imports.columns import proposed
from mtl.imports.domain import lead_body
from mtl.imports.timers import LEADS


def test_columns_are_known_by_their_usual_names() -> None:
    header = ["Prospect ID", "Lead Number", "Lead Source", "手机", "Phone", "E", "EMAIL"]
    assert proposed(header, None, LEADS) == {
        "Prospect ID": "attributes",
        "Lead Number": "external_id",
        "Lead Source": "source",
        "手机": "phone",
        "Phone": "attributes",
        "E": "attributes",
        "EMAIL": "email",
    }


def test_a_row_as_a_lead() -> None:
    fields = {"external_id": "7", "source": "Select", "company": "Select"}
    rest = {"City": "杭州", "Note": "x" * 1001, "Tag": "Select"}
    assert lead_body(fields, rest) == (
        {"external_id": "7", "company": "Select", "attributes": {"City": "杭州"}},
        ["Note"],
    )
    assert lead_body({}, {}) == ({"attributes": {}}, [])
