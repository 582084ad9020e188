"""The template of every import is a file that can be imported as it is."""

from typing import Any

import pytest

from chassis.composition.features import imports_of
from chassis.files.formats.reader import read_file
from chassis.files.imports.columns import parse_row, validated_mapping
from chassis.files.imports.target import ImportTarget
from chassis.files.imports.templates import csv_template, xlsx_template
from chassis.foundation.context import Context, use_context
from chassis.foundation.languages import LANGUAGES
from deploy.services import SERVICES


def targets() -> list[ImportTarget[Any]]:
    """Every import target of every service."""
    found: list[ImportTarget[Any]] = []
    for service in SERVICES:
        imports = imports_of(service)
        found += imports.targets if imports else []
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("target", targets(), ids=lambda target: target.resource)
def test_a_template_needs_no_mapping_and_its_example_is_accepted(
    target: ImportTarget[Any], language: str
) -> None:
    for content in (csv_template(target, language), xlsx_template(target, language)):
        file = read_file(content)
        columns = validated_mapping(file.header, None, target)
        assert list(columns.values()) == [field.name for field in target.fields]
        rows = list(file.rows)
        assert len(rows) == 1
        with use_context(Context(country="CN")):
            parsed = parse_row(file.header, columns, rows[0], target)
        assert (parsed.errors, parsed.warnings) == ([], [])
        assert parsed.value is not None


@pytest.mark.parametrize("target", targets(), ids=lambda target: target.resource)
def test_chinese_headings_are_chinese(target: ImportTarget[Any]) -> None:
    assert [one.name for one in target.fields if one.chinese_heading == one.name] == []


def test_templates_of_several_services_are_checked() -> None:
    assert {"org.person", "mtl.lead", "l2o.account", "l2o.opportunity", "cpq.product"} <= {
        target.resource for target in targets()
    }
