"""Every route needs a scope or an access key, or is listed as an exception with its reason."""

from typing import Any

import pytest

from chassis.web.entrances import PURPOSE_MARK
from deploy.services import SERVICES
from tests.architecture.applications import IN_ONE_PROCESS, operations

pytestmark = IN_ONE_PROCESS

# The services, and the sample service that has a route of every kind.
APPLICATIONS = (*SERVICES, "testkit")
# Routes that need no scope of their own.
SCOPE_FREE = {
    "token_issue": "a caller who requests a token has none",
    "token_keys": "public keys",
    "token_issuer": "where the issuer's addresses are",
    "password_link_request": "a person who forgot the password has no token",
    "password_link_accept": "the token of the link is what lets one in",
    "password_change": "the caller's own password, which the request contains",
    "me_get": "every signed-in caller may read their own account",
    "operation_get": "the caller's own operation",
    "operation_events": "the caller's own operation",
    "enum_list": "labels of the API's values, the same for everybody",
    "saved_view_create": "the caller's own views; what they show needs the list's scope",
    "saved_view_list": "the caller's own views",
    "saved_view_search": "the caller's own views",
    "saved_view_get": "the caller's own view",
    "saved_view_edit": "the caller's own view",
    "saved_view_delete": "the caller's own view",
}


def is_entered_with_a_key(service: str, operation: dict[str, Any]) -> bool:
    """Whether an access key is what lets one in (decision 16): then no token is asked for."""
    purpose = operation.get(PURPOSE_MARK)
    if purpose is None:
        return False
    assert purpose.startswith(f"{service}."), purpose
    assert operation["security"] == []
    return True


@pytest.mark.parametrize("service", APPLICATIONS)
def test_every_route_needs_a_scope(service: str) -> None:
    for where, operation in operations(service):
        if operation["operationId"] in SCOPE_FREE or is_entered_with_a_key(service, operation):
            continue
        scopes = [
            scope for each in operation.get("security", []) for s in each.values() for scope in s
        ]
        assert scopes, f"{where} asks for no scope"
        assert all(scope.startswith(f"{service}.") for scope in scopes), where


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_documented(service: str) -> None:
    """An operation has a summary and lists every error status."""
    for where, operation in operations(service):
        assert operation["summary"], where
        assert "_" in operation["operationId"], where
        if PURPOSE_MARK in operation:
            assert {"404", "429"} <= set(operation["responses"]), where
        elif operation["operationId"] not in SCOPE_FREE:
            assert {"401", "403", "422"} <= set(operation["responses"]), where
