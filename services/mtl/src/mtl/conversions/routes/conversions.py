"""The HTTP API of conversions."""

from uuid import UUID

from fastapi import Request, Response

from chassis.records.access.guards import may_write
from chassis.records.access.visibility import sees_everything
from chassis.web.commands import ChangeCommand
from chassis.web.operations.responses import OPERATION_RESPONSES, OperationOut, OperationResponse
from chassis.web.routing import new_router
from mtl.conversions.actions import conversions as actions
from mtl.conversions.schemas.conversions import LeadConvertIn
from mtl.leads.store import LEADS

ACCOUNT_RESOURCE = "l2o.account"  # accounts belong to L2O, which knows who sees them
router = new_router("/leads", tag="conversions")


@router.post(
    "/{lead_id}/convert",
    status_code=202,
    response_model=OperationOut,
    responses=OPERATION_RESPONSES,
    dependencies=[may_write(LEADS)],
    summary="Convert a lead into an account, a contact and an opportunity, or some of them",
)
async def lead_convert(
    request: Request, lead_id: UUID, command: ChangeCommand, body: LeadConvertIn | None = None
) -> Response:
    """Convert a qualified lead; `200` if L2O creates the records within 800 ms, else `202`.

    The answer has the ids of the records in both cases. If L2O rejects the conversion, for example
    because the caller does not see the account, the lead is opened again with the reason; so is one
    that L2O has not answered in two hours. Converting a converted lead answers the same ids.
    """
    conversion = body or LeadConvertIn()
    assert command.caller is not None
    operation = await actions.convert_lead(
        command,
        lead_id,
        conversion.request(),
        sees_all=sees_everything(command.caller, ACCOUNT_RESOURCE),
    )
    return OperationResponse(request, operation)
