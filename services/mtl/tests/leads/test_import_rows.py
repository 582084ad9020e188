"""Parsing of a file row into the body of a lead."""

from chassis.files.imports.columns import proposed_mapping
from mtl.leads.imports.rows import LEAD_IMPORT, lead_body


def test_columns_are_mapped_by_their_usual_headers() -> None:
    header = ["Prospect ID", "Lead Number", "Lead Source", "手机", "Phone", "E", "EMAIL"]
    assert proposed_mapping(header, None, LEAD_IMPORT) == {
        "Prospect ID": "attributes",
        "Lead Number": "external_id",
        "Lead Source": "source",
        "手机": "phone",
        "Phone": "attributes",
        "E": "attributes",
        "EMAIL": "email",
    }


def test_a_row_becomes_the_body_of_a_lead() -> None:
    fields = {"external_id": "7", "source": "Select", "company": "Select"}
    extra_columns = {"City": "杭州", "Note": "x" * 1001, "Tag": "Select"}
    assert lead_body(fields, extra_columns) == (
        {"external_id": "7", "company": "Select", "attributes": {"City": "杭州"}},
        ["Note"],
        False,
    )
    unknown, _, is_unknown = lead_body({"country": "Atlantis", "company": "x"}, {})
    assert (unknown["attributes"], is_unknown) == ({"country": "Atlantis"}, True)
    # A column that is kept as an attribute of this name says nothing about the country.
    named, _, is_unknown = lead_body({"company": "x"}, {"country": "CN-33"})
    assert (named["attributes"], is_unknown) == ({"country": "CN-33"}, False)
    assert lead_body({}, {}) == ({"attributes": {}}, [], False)
