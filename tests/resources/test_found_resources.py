"""The shared tests find every resource of every application, and each has a sample."""

import pytest
from fastapi import FastAPI

from deploy.services import SERVICES
from testkit.plans import declared_lists
from tests.resources.found_resources import (
    WITH_OWN_TESTS,
    FoundResource,
    found_resources,
    guarded_routes,
    served_routes,
)
from tests.resources.samples import SAMPLES

PATCHED_NAMES = ("name", "title", "company")  # the other searched words are not edited
EVERY_SERVICE = ("testkit", *SERVICES)
# Resources without team, shares and transfer, each with its reason.
WITHOUT_SHARES = {
    **{f"{name}.import": "an import belongs to its creator" for name in EVERY_SERVICE},
    "desk.approval": "a request stays with who has asked; flows say who reads it",
}


@pytest.mark.parametrize("service", EVERY_SERVICE)
async def test_the_found_resources_are_those_of_the_application(app: FastAPI, service: str) -> None:
    found = {each.collection: each for each in found_resources(service)}
    served = served_routes(app)
    assert found.keys() == served.keys(), "run `make contracts`"
    for collection, each in found.items():
        assert served[collection] <= each.routes.keys(), collection
    guarded = {name for name in guarded_routes(app)}
    assert {each.name for each in found.values() if each.is_guarded} == guarded


def every_resource() -> list[FoundResource]:
    return [each for service in EVERY_SERVICE for each in found_resources(service)]


def test_every_resource_has_a_sample() -> None:
    tested = {each.name for each in every_resource() if each.is_edited or each.is_guarded}
    assert set(SAMPLES) == tested, "a new resource needs a sample beside its tests"


def test_a_sample_has_a_body_for_post_and_a_patch_for_patch() -> None:
    for each in every_resource():
        sample = SAMPLES.get(each.name)
        if sample is not None and each.is_edited:
            assert sample.patch, f"{each.name} is edited"
            assert (sample.body is not None) is ("POST" in each.routes), each.name


def test_the_patch_of_a_sample_changes_a_searched_name_if_there_is_one() -> None:
    """Else the test of search would pass without a search."""
    for each in every_resource():
        lists = declared_lists(each.service)
        if each.is_edited and lists[each.collection.strip("/")].options.words:
            words = {*lists[each.collection.strip("/")].table.info["words"].columns}
            named = words & {*PATCHED_NAMES}
            assert not named or words & {*SAMPLES[each.name].patch}, each.name


def test_every_collection_with_its_own_tests_exists() -> None:
    assert set(WITH_OWN_TESTS) <= {each.collection for each in every_resource()}


def test_every_guarded_resource_has_shares_or_a_reason() -> None:
    shared = {"GET /{}/access", "GET /{}/owners", "POST /{}/transfer"}
    for each in every_resource():
        if each.is_guarded:
            assert shared <= each.routes.keys() or each.name in WITHOUT_SHARES, each.name


def test_the_sample_service_uses_all_that_the_tests_check() -> None:
    """Without these routes the tests of the chassis's own sample would be empty and always pass."""
    (card,) = [each for each in found_resources("testkit") if each.name == "testkit.card"]
    assert len(card.routes) >= 18
    assert {
        "POST",
        "PATCH /{}",
        "POST /{}/restore",
        "PUT /by-external-id/{}/{}",
    } <= card.routes.keys()
    assert "custom_fields" in card.shown
