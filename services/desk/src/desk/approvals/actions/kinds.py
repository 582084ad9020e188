"""The tasks and notices of approvals, in the words of the kind that is asked for."""

from collections.abc import Mapping
from typing import Final

from contracts.approvals import declared_approval_kinds
from contracts.resources import Names
from contracts.work import NoticeKind, TaskKind
from desk.approvals.domain.statuses import ApprovalStatus

_OUTCOMES: Final[Mapping[ApprovalStatus, Names]] = {
    ApprovalStatus.APPROVED: ("已通过", "was approved"),
    ApprovalStatus.REJECTED: ("未通过", "was rejected"),
    ApprovalStatus.RETURNED: ("已退回", "was sent back"),
    ApprovalStatus.WITHDRAWN: ("已撤回", "was withdrawn"),
    ApprovalStatus.VOID: ("已失效", "has become void"),
}
# A service may be newer than desk, and ask for a kind that is not known here.
UNKNOWN: Final = ""
_NAMES: Final[Mapping[str, Names]] = {
    UNKNOWN: ("审批", "approval"),
    **{name: (kind.zh, kind.en) for name, kind in declared_approval_kinds().items()},
}


def _decide(zh: str, en: str) -> TaskKind:
    return TaskKind(
        "DECIDE_APPROVAL",
        zh=f"请审批 {{name}}（{zh}）。",
        en=f"Please decide on {{name}} ({en}).",
    )


def _waits(zh: str, en: str) -> NoticeKind:
    return NoticeKind(
        "APPROVAL_WAITS",
        zh=f"{{name}}（{zh}）仍在等待您的审批。",
        en=f"{{name}} ({en}) still waits for your decision.",
    )


def _nobody(zh: str, en: str) -> NoticeKind:
    return NoticeKind(
        "APPROVAL_NOBODY",
        zh=f"{{name}} 的审批（{zh}）暂时没有人可以审批，请联系管理员。",
        en=f"Nobody can decide on {{name}} ({en}) at the moment. Please ask an administrator.",
    )


def _ended(names: Names, outcome: Names) -> NoticeKind:
    (zh, en), (outcome_zh, outcome_en) = names, outcome
    return NoticeKind(
        "APPROVAL_ENDED",
        zh=f"{{name}} 的审批（{zh}）{outcome_zh}。",
        en=f"{{name}} ({en}) {outcome_en}.",
    )


DECIDE: Final = {kind: _decide(*names) for kind, names in _NAMES.items()}
WAITS: Final = {kind: _waits(*names) for kind, names in _NAMES.items()}
NOBODY: Final = {kind: _nobody(*names) for kind, names in _NAMES.items()}
ENDED: Final = {
    (kind, status): _ended(names, outcome)
    for kind, names in _NAMES.items()
    for status, outcome in _OUTCOMES.items()
}


def words_of(kind: str) -> str:
    """Return under which name the texts of a kind stand."""
    return kind if kind in _NAMES else UNKNOWN
