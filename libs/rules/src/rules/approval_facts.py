"""The facts of a kind of approval, as rules read them: who asks and who decides see the same."""

from collections.abc import Mapping

from chassis.foundation.texts import Text
from contracts.approvals import ApprovalFact, ApprovalKind
from rules.fields import FactSchema, FactType, FieldSpec


def fact_schema(kind: ApprovalKind) -> FactSchema:
    """Return the facts of a kind as rules read them."""
    return FactSchema.of(
        *(
            FieldSpec(
                name=one.name, type=FactType(one.type), label=_label(kind, one), values=one.values
            )
            for one in kind.facts
        )
    )


def fact_labels(kind: ApprovalKind) -> Mapping[str, Text]:
    """Return the names of a kind's facts for people, by the labels in its schema."""
    return {_label(kind, one): Text(one.zh, one.en) for one in kind.facts}


def _label(kind: ApprovalKind, fact: ApprovalFact) -> str:
    return f"ApprovalFact.{kind.name}.{fact.name}"
