"""What the features of a service declare is found in their rooms."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chassis.composition.features import (
    imports_of,
    record_types_of,
    snapshots_of,
    tables_with_custom_fields,
)
from chassis.composition.worker import Worker
from chassis.files.imports.actions import IMPORT_JOB
from contracts.event import EVENT_CLASSES
from testkit.cards.imports import CARD_IMPORT
from testkit.cards.store import CARD
from testkit.database import cards

TARGET = """
from chassis.files.imports.target import ImportTarget
{name} = ImportTarget(resource="{resource}", fields=(), read=None, import_rows=None)
"""


@pytest.fixture
def write_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str, dict[str, str]], None]]:
    """Writes a package with these modules, which can be imported until the test ends."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(service: str, modules: dict[str, str]) -> None:
        for name, content in modules.items():
            path = tmp_path / service / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        for folder in (tmp_path / service, *(tmp_path / service).rglob("*/")):
            (folder / "__init__.py").touch()

    yield write
    for name in [name for name in sys.modules if name.startswith(("shop", "bakery"))]:
        del sys.modules[name]
    EVENT_CLASSES.pop("shop.import.finished.v1", None)


def test_the_sample_service_has_one_record_type_and_what_follows_from_it() -> None:
    assert record_types_of("testkit") == (CARD,)
    assert tables_with_custom_fields("testkit") == {"testkit.card": cards}
    aggregates = ["testkit.card", "testkit.attachment"]
    assert [one.aggregate for one in snapshots_of("testkit")] == aggregates
    imports = imports_of("testkit")
    assert imports is not None
    assert imports.targets == [CARD_IMPORT]
    assert imports.finished.type == "testkit.import.finished.v1"


def test_a_service_without_a_package_declares_nothing() -> None:
    assert (record_types_of("nowhere"), imports_of("nowhere"), snapshots_of("nowhere")) == (
        (),
        None,
        (),
    )
    assert IMPORT_JOB not in Worker("nowhere").jobs
    assert IMPORT_JOB in Worker("testkit").jobs


def test_a_room_may_be_a_folder_and_a_value_in_two_modules_counts_once(
    write_service: Callable[[str, dict[str, str]], None],
) -> None:
    bread = TARGET.format(name="BREAD", resource="shop.bread")
    modules = {
        "breads/imports/target": bread,
        "breads/imports/again": "from shop.breads.imports.target import BREAD\nSAME = BREAD\n",
        "apples/imports": TARGET.format(name="APPLE", resource="shop.apple"),
        "apples/actions": TARGET.format(name="HIDDEN", resource="shop.hidden"),
        "events": """
from typing import ClassVar
from contracts.imports import ImportEnded
class ShopImportFinished(ImportEnded):
    type: ClassVar[str] = "shop.import.finished.v1"
""",
        "imports": "from shop.events import ShopImportFinished\n",
        "apples/store": "from shop.events import ShopImportFinished\n",
    }
    write_service("shop", modules)
    assert record_types_of("shop") == ()
    imports = imports_of("shop")
    assert imports is not None
    assert [target.resource for target in imports.targets] == ["shop.apple", "shop.bread"]


def test_a_service_that_imports_files_needs_an_event_for_it(
    write_service: Callable[[str, dict[str, str]], None],
) -> None:
    write_service(
        "bakery", {"breads/imports": TARGET.format(name="BREAD", resource="bakery.bread")}
    )
    with pytest.raises(KeyError, match=r"bakery\.import\.finished\.v1"):
        imports_of("bakery")


def test_a_copy_of_a_target_made_while_the_service_runs_declares_nothing() -> None:
    imports = imports_of("testkit")
    copied = replace(CARD_IMPORT, resource="testkit.copy")
    assert imports is not None
    assert copied not in imports.targets
