"""Every record to which a list or a record refers can be expanded, or stays out for a reason."""

import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from chassis.records.lists.listing import listings_of
from chassis.web.references import model_in, references_of
from deploy.services import SERVICES
from testkit.ground import Ground

# References of lists and records that cannot be expanded, each with its reason.
WITHOUT_RECORDS = {
    r"\w+\.(actor|\w+_by)": "who did it: a name is enough",
    r"LinkedTaskOut\.person": "who opens a mailed link has no account here: a name is enough",
    r"DuplicateOut\.owner_id": "of a hidden lead only the owner's name is shown",
    r"BulkLeadOut\.lead_id": "a line with the name of the lead",
    r"ChannelOut\.default_pool_id": "pools are few: a screen has them",
    r"MergeOut\.survivor_id": "the lead of the address",
    r"LeadOut\.merged_into_id": "a read of a merged lead is redirected to that one",
    r"LeadClockOut\.owner_id": "the clock of a lead, which expands its owner itself",
    r"BarredPersonOut\.person": "who may not take a lead: a name is enough",
    r"(Account|Contact)ProposalOut\.(account|contact|owner)_id": "a choice: a name is enough",
    r"CollisionOut\.(account|owner)_id": "a choice: a name is enough",
    r"(FollowUpActivity|ActivityDay)Row\.owner_id": "a count of what a person did: a name will do",
    r"(Lead|PoolLead|AssignmentExplanation)Out\.pool_id": "pools are few: a screen has them",
    r"PoolMemberOut\.(person|department)_id": "a setting: a name is enough",
    r"ServicePolicyOut\.owner_team_ids": "a setting: names are enough",
    r"PoolOut\.admin_ids": "a setting: names are enough",
    r"Quota(Use)?Out\.(holder|department)_id": "a setting: a name is enough",
    r"(Candidate|AssignmentExplanation)Out\.owner_id": "why rules choose whom: a name is enough",
    r"DepartmentMoveOut\.(from|to)_parent_id": "a line of a history, with the names of then",
    r"(NewLeads|Stock|Conversion|HandOff|Effective)Row\.owner_id": "a row of a chart, not a record",
    r"LeadMoveOut\.(account|contact|opportunity)_id": "a line of a history: the lead expands them",
    r"(PersonSummary\.manager|RecordSummary\.owner)_id": "a summary, which is itself expanded",
    r"WorkingHoursOut\.department_ids": "departments name their working hours, not the reverse",
    r"ReceivableOut\.shipment_id": "a part of an order: `/orders/{id}/shipments`",
    r"ShipmentOut\.order_id": "the order of the address",
    r"ShipmentOut\.receivable_id": "the order of the address answers its receivables",
    r"(Asked|NotAsked|Seat|ApprovalTask)Out\.(person|instead_of)": "who is asked: a name is enough",
    r"ClearedCounts\.person": "a count of a person's tasks: a name is enough",
    r"PersonCounts\.person": "a count of what waits for a person: a name is enough",
    r"ApprovalTaskOut\.approval_id": "`/approvals/{id}` has all that is to be decided",
    r"HistoryEntryOut\.(person|on_behalf_of)": "a line of a history: a name is enough",
    r"AllocationOut\.payment_id": "the payment of the address",
}


def shown_models(app: FastAPI, service: str) -> set[type[BaseModel]]:
    """Return the models of all lists and of all answers to GET, with those inside them."""
    found: set[type[BaseModel]] = set()

    def visit(model: type[BaseModel] | None) -> None:
        if model is not None and model not in found:
            found.add(model)
            for info in model.model_fields.values():
                visit(model_in(info.annotation))

    for listing in listings_of(service):
        visit(listing.shows)
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            visit(model_in(route.response_model))
    return found


def unexpandable(app: FastAPI, service: str) -> Iterator[str]:
    for model in shown_models(app, service):
        for one in references_of(model):
            if one.record_field is None:
                yield f"{model.__name__}.{one.field}"


def reasons_for(name: str) -> list[str]:
    return [pattern for pattern in WITHOUT_RECORDS if re.fullmatch(pattern, name)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_can_be_expanded_or_not_for_a_reason(app: FastAPI, service: str) -> None:
    assert {name for name in unexpandable(app, service) if not reasons_for(name)} == set()


@pytest.mark.usefixtures("environment")
@pytest.mark.parametrize("service", SERVICES[:1])
async def test_every_reason_is_of_a_reference(ground: Ground, app_variant: str) -> None:
    found = {
        reason
        for service in SERVICES
        for name in unexpandable(await ground.app(service, app_variant), service)
        for reason in reasons_for(name)
    }
    assert found == set(WITHOUT_RECORDS)
