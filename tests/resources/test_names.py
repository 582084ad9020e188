"""Beside every id that an answer shows stands the name of the record that it refers to."""

import re
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel

from chassis.database.named_tables import find_named_table
from chassis.records.lists.listing import listings_of
from chassis.web.references import Reference, expandable_paths, model_in, references_of
from contracts.event import State
from deploy.services import SERVICES
from testkit.directory import Company
from testkit.samples import Body
from tests.resources.records import Records, errors_of

# Fields of answers that end like ids and have no name beside them, each with its reason.
WITHOUT_NAMES = {
    "HistoryEntryOut.attachment_ids": "files, which are fetched by their ids",
    "AssignedLeadOut.lead_id": "the request named it; the caller may not see it",
    "LeadScoreOut.lead_id": "the lead of the address",
    "ClockRuleOut.row_id": "a row of the rules, which its author named so",
    "LeadClockOut.accept_by": "an instant",
    "LeadOut.accept_by": "an instant",
    "RowExplanationOut.row_id": "a row of the rules, which its author named so",
    "PoolLeadOut.wechat_id": "an id of WeChat: not a record",
    "PoolLeadOut.external_id": "what another system calls the lead",
    "LeadOut.wechat_id": "an id of WeChat: not a record",
    "DuplicateOut.lead_id": "beside it stand the lead's `name` and `company`",
    "MessageOut.about_id": "a record of any service, which `about_resource` names",
    "MessageSummary.about_id": "a record of any service, which `about_resource` names",
    "CaptureReceipt.capture_id": "the sender's receipt: who hands in sees no records",
    "ChannelKeyOut.key_id": "an access key, which has no name",
    "ChoiceOut.lead_id": "one of the leads of the preview, which have names",
    "LeftOutOut.lead_id": "one of the leads of the preview, which have names",
    "MergeCandidateOut.lead_id": "beside it stand the lead's `name` and `company`",
    "MergedLeadOut.lead_id": "beside it stand the lead's `name` and `company`",
    "AccessOut.record_id": "the record of the address",
    "AccountOut.lead_id": "what came from the lead has its names",
    "AccountDetailOut.lead_id": "what came from the lead has its names",
    "ExternalRefOut.external_id": "what another system calls the record",
    **{
        f"{model}.external_ids": "what other systems call the record"
        for model in (
            "AccountOut",
            "AccountDetailOut",
            "ContactOut",
            "ContactDetailOut",
            "OpportunityOut",
        )
    },
    "AccountGradeOut.account_id": "the account of the address",
    "AccountRfmOut.account_id": "the account of the address",
    "AccountTotals.account_id": "the account of the address",
    "SubtreeTotals.account_id": "the account of the address",
    "AllocationOut.reverses_id": "an allocation of the same payment",
    "AuditEntryOut.part_id": "a part of the audited record",
    "AuditEntryOut.request_id": "of a request: not a record",
    "AuditEntryOut.trace_id": "of a request: not a record",
    "CancellationOut.line_id": "beside it stand `line_no`, `sku` and `name`",
    "CardOut.board_id": "the sample service has no boards",
    "ClientOut.client_id": "what people call a client",
    "ClientWithSecret.client_id": "what people call a client",
    "EffectiveHoursOut.working_hours_id": "beside it stands `name`",
    "ExportedTable.task_id": "a task of an operator",
    "ExternalIdOut.external_id": "what another system calls the record",
    "FeedEvent.actor": "an event is the same here as on Kafka, where it has no names",
    "ImportRowOut.record_id": "of any resource: the row's texts name the record",
    "LeadMoveOut.conversion_id": "the account and the opportunity have names",
    "LeadOut.conversion_id": "the account and the opportunity have names",
    "LeadOut.external_id": "what another system calls the lead",
    "LeadTrailEntryOut.lead_id": "the account and the opportunity came from it",
    "LeadTouchOut.external_id": "what the sender calls the touch",
    "LinkOut.key_id": "an access key, which has no name",
    "NotificationOut.record_id": "of any resource: the message names the record",
    "OpportunityOut.lead_id": "what came from the lead has its names",
    "OpportunityOut.order_id": "beside it stands `order_no`",
    "OrderLineOut.product_id": "beside it stand `sku` and `name`",
    "OrderOut.quote_id": "beside it stands `quote_no`",
    "OrderSummary.quote_id": "beside it stands `quote_no`",
    "ParkedEventDetail.aggregate_id": "of an event, for operators",
    "ParkedEventDetail.event_id": "of an event, for operators",
    "ParkedEventOut.aggregate_id": "of an event, for operators",
    "ParkedEventOut.event_id": "of an event, for operators",
    "PriceBookVersionOut.price_book_id": "the price book itself, with its name",
    "PricedLineOut.product_id": "beside it stand `sku` and `name`",
    "Problem.trace_id": "of a request: not a record",
    "QuoteLineOut.product_id": "beside it stand `sku` and `name`",
    "QuoteOut.superseded_by": "another revision with the same document number",
    "QuoteSummary.superseded_by": "another revision with the same document number",
    "RebuildOut.snapshot_id": "a run of an operator",
    "ReminderOut.record_id": "of any resource: the note names the record",
    "ShipmentLineOut.line_id": "beside it stand `line_no`, `sku` and `name`",
    "TaskOut.record_id": "of any resource: the title names the record",
    "TimelineEntryOut.record_id": "of any resource: the title names what happened",
    "TenantTaskOut.target_id": "the tenant or person whom a task of an operator concerns",
    "TenantTaskSummary.target_id": "the tenant or person whom a task of an operator concerns",
}


def answer_models(app: FastAPI) -> set[type[BaseModel]]:
    """Return the models of all answers of an application, with those inside them."""
    found: set[type[BaseModel]] = set()

    def visit(annotation: Any) -> None:
        model = model_in(annotation)
        if model is not None and model not in found:
            found.add(model)
            for info in model.model_fields.values():
                visit(info.annotation)

    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute):
            visit(route.original_route.response_model)
    return found


def _is_id(name: str, annotation: Any) -> bool:
    return name.endswith(("_id", "_ids", "_by", "actor")) and "bool" not in str(annotation)


@pytest.mark.parametrize("service", ["testkit", *SERVICES])
def test_every_id_in_an_answer_refers_to_a_record(app: FastAPI, service: str) -> None:
    unnamed = {
        f"{model.__name__}.{name}"
        for model in answer_models(app)
        for name, info in model.model_fields.items()
        if _is_id(name, info.annotation)
        and name not in {one.field for one in references_of(model)}
        and f"{model.__name__}.{name}" not in WITHOUT_NAMES
        and not issubclass(model, State)
        and f"{name.removesuffix('_id')}_name" not in model.model_fields
    }
    assert unnamed == set()


@pytest.mark.parametrize("service", ["testkit", *SERVICES])
def test_every_reference_shows_a_name_that_the_service_has(app: FastAPI, service: str) -> None:
    for model in answer_models(app):
        for one in references_of(model):
            assert one.name_field or one.record_field, (model, one.field)
            named = find_named_table(one.service, one.refers_to.resource)
            assert named is not None, (model, one.field)
            assert one.refers_to.key in named.table.c, (model, one.field)
            if one.record_model is not None:
                lists = {each.shows for each in listings_of(one.service)}
                columns = {*named.table.c.keys(), "owner_id", "owner_name", "manager_name"}
                is_copy = one.record_model.model_fields.keys() <= columns
                assert one.record_model in lists or is_copy, (model, one.field)


@pytest.fixture
async def colleagues(records: Records) -> None:
    """The directory has li, who owns the records."""
    async with records.maker.begin() as tx:
        await Company(tx).build()


def answer_of(app: FastAPI, records: Records) -> type[BaseModel]:
    """Return the model that shows one record."""
    resource = records.resource
    one = re.compile(re.escape(f"/{resource.service}/v1{resource.collection}") + r"/\{\w+\}")
    model: type[BaseModel] = next(
        route.original_route.response_model
        for route in iter_route_contexts(app.routes)
        if isinstance(route.original_route, APIRoute)
        and route.methods == {"GET"}
        and one.fullmatch(str(route.path))
    )
    return model


def set_references(app: FastAPI, records: Records, record: Body) -> list[Reference]:
    """Return the references of a record that are set."""
    return [one for one in references_of(answer_of(app, records)) if record.get(one.field)]


@pytest.mark.records
@pytest.mark.usefixtures("colleagues")
async def test_a_record_has_the_names_wherever_it_is_answered(
    app: FastAPI, records: Records
) -> None:
    record = await records.create()
    references = set_references(app, records, record)
    names = {one.name_field: record[one.name_field] for one in references if one.name_field}
    assert all(names.values()), names
    [listed] = await records.listed(f"?id__in={record['id']}")
    assert names == {name: listed.get(name) for name in names}
    for name, value in names.items():
        only = await records.listed(f"?fields={name}&id__in={record['id']}")
        assert only == [{"id": record["id"], name: value}]
    edited = (await records.patch(record)).json()
    assert names == {name: edited[name] for name in names}


@pytest.mark.records
@pytest.mark.usefixtures("colleagues")
async def test_counts_by_records_have_their_names(app: FastAPI, records: Records) -> None:
    record = await records.create()
    for one in set_references(app, records, record):
        counted = await records.call("GET", query=f"?count_by={one.field}&id__in={record['id']}")
        if one.name_field is None or counted.status_code == 422:
            continue  # not every list is counted by every record
        [count] = counted.json()["counts"]
        assert (count["value"], count["count"]) == (record[one.field], 1)
        assert count["name"] == record[one.name_field]


@pytest.mark.records
@pytest.mark.usefixtures("colleagues")
async def test_a_caller_can_expand_the_records_to_which_a_record_refers(
    app: FastAPI, records: Records
) -> None:
    record = await records.create()
    for one in set_references(app, records, record):
        if (field := one.record_field) is None:
            continue
        assert field not in record, "only who expands it pays for it"
        single = await records.call("GET /{}", record["id"], query=f"?expand={field}")
        inner = single.json()[field]
        shown = [each[one.refers_to.key] for each in (inner if one.is_many else [inner])]
        assert shown == (record[one.field] if one.is_many else [record[one.field]])
        [listed] = await records.listed(f"?expand={field}&id__in={record['id']}")
        assert listed[field] == inner
        group = {"filter_groups": [{"id__in": [record["id"]]}], "fields": ["id"]}
        found = await records.call("POST /search", json={**group, "expand": [field]})
        assert found.json()["items"] == [{"id": record["id"], field: inner}]


@pytest.mark.records
async def test_an_undeclared_expansion_is_refused(app: FastAPI, records: Records) -> None:
    expandable = expandable_paths(answer_of(app, records))
    if expandable:
        record = await records.create()
        unknown = await records.call("GET /{}", record["id"], query="?expand=nothing")
        assert errors_of(unknown) == {("?expand", "VALUE_UNKNOWN")}
    else:
        unknown = await records.call("GET", query="?expand=nothing")
        assert errors_of(unknown) == {("?expand", "UNKNOWN_FIELD")}
