"""The fields of the records of a conversion, validated as those of requests."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from contracts.mtl.events import LeadConverted
from kernel.errors import Invalid, Violation
from l2o.accounts.schemas import AccountEdit
from l2o.contacts.schemas import ContactEdit
from l2o.conversions.domain import (
    ACCOUNT,
    CONTACT,
    OPPORTUNITY,
    RecordFields,
    given_fields,
)
from l2o.opportunities.schemas import OpportunityEdit

BODIES: Final[Mapping[str, type[BaseModel]]] = {
    ACCOUNT: AccountEdit,
    CONTACT: ContactEdit,
    OPPORTUNITY: OpportunityEdit,
}


def record_fields(event: LeadConverted) -> RecordFields:
    """Return the fields of the records to create.

    Raises Invalid with every violation, at `/<RECORD>/<field>`; a missing one is REQUIRED.
    """
    valid: dict[str, Mapping[str, Any]] = {}
    violations: list[Violation] = []
    for record, given in given_fields(event).items():
        try:
            body = BODIES[record].model_validate(given)
            valid[record.lower()] = {name: getattr(body, name) for name in body.model_fields_set}
        except ValidationError as error:
            violations += [_violation(record, one) for one in error.errors()]
    if violations:
        raise Invalid(violations)
    return RecordFields(**valid)


def _violation(record: str, error: Any) -> Violation:
    code = "REQUIRED" if error["type"] == "missing" else "VALUE_INVALID"
    place = error["loc"][0] if error["loc"] else ""
    return Violation(f"/{record}/{place}", code)
