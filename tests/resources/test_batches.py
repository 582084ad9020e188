"""The manual says which collections have a batch, and which have none."""

import re
from collections.abc import Iterator
from pathlib import Path

from deploy.services import SERVICES
from tests.resources.found_resources import api_document

MANUAL = Path(__file__).parents[2] / "libs/README.md"
SENTENCE = re.compile(r"Every collection whose records a PATCH edits has it, except([^.]+)\.")
EDITED = re.compile(r"/\w+/v1(?P<collection>/[a-z/-]+)/\{\w+\}")


def edited_collections() -> Iterator[tuple[str, bool]]:
    """Yield the collections whose records are edited, and whether they have a batch."""
    for service in SERVICES:
        paths = api_document(service)["paths"]
        for path, item in paths.items():
            match = EDITED.fullmatch(path)
            if match and "patch" in item:
                collection = match["collection"]
                yield collection, "post" in paths.get(f"/{service}/v1{collection}/batch", {})


def test_the_collections_without_a_batch_are_those_that_the_manual_names() -> None:
    [exceptions] = SENTENCE.findall(MANUAL.read_text())
    named = set(re.findall(r"`(/[a-z/-]+)`", exceptions))
    assert {collection for collection, has_batch in edited_collections() if not has_batch} == named
    assert {collection for collection, has_batch in edited_collections() if has_batch} >= {
        "/leads", "/accounts", "/quotes", "/orders", "/people"
    }  # fmt: skip
