"""The texts of DESK's codes, in Chinese and English."""

from chassis.foundation.texts import Text
from desk.file_texts import FILE_TEXTS
from desk.message_texts import MESSAGE_TEXTS
from rules.texts import TEXTS as RULE_TEXTS

_FLOW_TEXTS: dict[str, Text] = {
    "APPROVAL_KIND_NOT_FOUND": Text("没有这种审批。", "There is no such kind of approval."),
    "FLOW_GAP": Text(
        "有些情况不符合任何一行，请补上最后一行“其他情况”。",
        "Some requests fit no row. Please add a last row for all others.",
    ),
    "FLOW_OUTCOME_SHAPE": Text(
        "每一行须指定一个分支，或直接通过、直接拒绝。",
        "Each row leads to a branch, or approves or rejects at once.",
    ),
    "FLOW_BRANCH_UNKNOWN": Text("没有名为“{branch}”的分支。", "There is no branch “{branch}”."),
    "FLOW_BRANCH_UNREACHABLE": Text(
        "没有任何一行或分支通向分支“{branch}”。", "No row and no branch leads to “{branch}”."
    ),
    "FLOW_CYCLE": Text(
        "分支首尾相接，审批永远不会结束：{path}。",
        "These branches lead back to themselves, so that a request would never end: {path}.",
    ),
    "FLOW_STEP_TWICE": Text("步骤“{step}”出现了两次。", "The step “{step}” occurs twice."),
    "FLOW_STEP_MAY_BE_EMPTY": Text(
        "该步骤可能找不到审批人，请为步骤或流程指定后备审批人。",
        "This step may find nobody. Please name a fallback for it, or for the flow.",
    ),
    "FLOW_FALLBACK_UNSURE": Text(
        "后备审批人必须始终存在，不能取决于申请人或单据。",
        "A fallback must always exist, so it cannot depend on who asks or on the record.",
    ),
    "FLOW_PERSON_INACTIVE": Text(
        "该人员不存在或已停用。", "This person does not exist or is not active."
    ),
    "FLOW_ROLE_EMPTY": Text(
        "没有在职人员拥有角色“{name}”。", "Nobody active holds the role “{name}”."
    ),
    "FLOW_POST_EMPTY": Text("没有在职人员担任“{name}”。", "Nobody active has the post “{name}”."),
    "FLOW_RECORD_PERSON_UNKNOWN": Text(
        "这种审批的单据没有“{name}”。", "Records of this kind of approval name no “{name}”."
    ),
    "FLOW_NEEDED_ONLY_FOR_N_OF": Text(
        "只有“其中几人通过”需要填写人数。",
        "A number belongs to the mode in which some of several approve, and to no other.",
    ),
    "FLOW_REMINDER_TOO_LATE": Text(
        "催办须早于步骤的时限。", "The reminder must come before the time limit of the step."
    ),
}
_APPROVAL_TEXTS: dict[str, Text] = {
    "APPROVAL_TASK_NOT_FOUND": Text(
        "该审批任务不存在，或不属于您。", "This task does not exist, or is not yours."
    ),
    "APPROVAL_ENDED": Text(
        "{name} 的审批已结束（{status:ApprovalStatus}）。",
        "The approval of {name} has ended ({status:ApprovalStatus}).",
    ),
    "SEAT_NOT_OPEN": Text(
        "还没有轮到您审批 {name}，或您已审批。",
        "It is not your turn to decide on {name}, or you have decided already.",
    ),
    "ASKER_MAY_NOT_APPROVE": Text(
        "申请人不能审批自己的申请（{name}）。",
        "Whoever asks cannot decide on the own request ({name}).",
    ),
    "APPROVER_ASKED_ALREADY": Text(
        "该人员已经是 {name} 的审批人。", "This person is asked about {name} already."
    ),
    "APPROVER_INACTIVE": Text(
        "该人员不存在或已停用。", "This person does not exist or is not active."
    ),
    "TASK_NOT_YOURS": Text("该任务已转交或委托给他人。", "Somebody else has this task now."),
    "NOT_DELEGATED": Text("您没有委托该任务。", "You have not delegated this task."),
    "STEP_NOT_EARLIER": Text(
        "只能退回到之前的步骤。", "A request can be sent back to an earlier step only."
    ),
    "APPROVAL_PAGE_UNKNOWN": Text(
        "系统尚未配置审批页面的网址，无法发送链接。",
        "Links cannot be sent, because the system does not know the address of a page for them.",
    ),
    "FILE_NOT_ATTACHABLE": Text(
        "没有该文件，或它不是您刚刚上传完成的。",
        "There is no such file, or it is none that you have just uploaded completely.",
    ),
    "PERIOD_INVALID": Text(
        "请选择不超过 {days} 天的时段。", "Please choose a period of at most {days} days."
    ),
}
_LABELS: dict[str, Text] = {
    "ApprovalStatus.PENDING": Text("审批中", "Pending"),
    "ApprovalStatus.APPROVED": Text("已通过", "Approved"),
    "ApprovalStatus.REJECTED": Text("未通过", "Rejected"),
    "ApprovalStatus.RETURNED": Text("已退回", "Sent back"),
    "ApprovalStatus.WITHDRAWN": Text("已撤回", "Withdrawn"),
    "ApprovalStatus.VOID": Text("已失效", "Void"),
    "SeatState.WAITING": Text("未到", "Not yet asked"),
    "SeatState.OPEN": Text("待审批", "To be decided"),
    "SeatState.APPROVED": Text("已通过", "Approved"),
    "SeatState.REJECTED": Text("已拒绝", "Rejected"),
    "SeatState.CLOSED": Text("无需审批", "Not needed any more"),
    "Verdict.APPROVE": Text("通过", "Approve"),
    "Verdict.REJECT": Text("拒绝", "Reject"),
    "FlowVerdict.APPROVE": Text("直接通过", "Approve at once"),
    "FlowVerdict.REJECT": Text("直接拒绝", "Reject at once"),
    "ApproverSource.PERSON": Text("指定人员", "Person"),
    "ApproverSource.ROLE": Text("角色", "Role"),
    "ApproverSource.POST": Text("岗位", "Post"),
    "ApproverSource.DEPARTMENT_HEAD": Text("申请人的部门负责人", "Head of the asker's department"),
    "ApproverSource.SUPERIOR": Text("申请人的上级", "Superior of the asker"),
    "ApproverSource.RECORD_PERSON": Text("单据相关人员", "Person of the record"),
    "StepMode.ONE_OF": Text("任一人", "One of them"),
    "StepMode.ALL_OF": Text("全部", "All of them"),
    "StepMode.N_OF": Text("其中几人", "Some of them"),
    "StepMode.IN_ORDER": Text("依次", "One after the other"),
    "TimeoutAction.REMIND": Text("催办", "Remind"),
    "TimeoutAction.ESCALATE": Text("升级", "Escalate"),
    "TimeoutAction.APPROVE": Text("自动通过", "Approve"),
    "TimeoutAction.REJECT": Text("自动拒绝", "Reject"),
    "Exclusion.IS_ASKER": Text("是申请人", "Is the asker"),
    "Exclusion.INACTIVE": Text("不存在或已停用", "Does not exist, or is not active"),
    "Exclusion.DUPLICATE": Text("已被询问", "Is asked already"),
    "Exclusion.ON_LEAVE": Text("休假，由代理人审批", "Is on leave; a substitute decides"),
    "Origin.FLOW": Text("流程指定", "Named by the flow"),
    "Origin.SUBSTITUTE": Text("代理人", "Substitute"),
    "Origin.SUPERIOR_OF_ASKER": Text("申请人的上级", "Superior of the asker"),
    "Origin.FALLBACK": Text("后备审批人", "Fallback"),
    "Origin.ADDED": Text("加签", "Added by an approver"),
    "Origin.ESCALATED": Text("升级", "Escalated"),
    "HistoryAction.REQUESTED": Text("提交申请", "Requested"),
    "HistoryAction.ASKED": Text("询问审批人", "Approver asked"),
    "HistoryAction.APPROVED": Text("通过", "Approved"),
    "HistoryAction.REJECTED": Text("拒绝", "Rejected"),
    "HistoryAction.HANDED_ON": Text("转交", "Handed on"),
    "HistoryAction.DELEGATED": Text("委托", "Delegated"),
    "HistoryAction.TAKEN_BACK": Text("收回委托", "Taken back"),
    "HistoryAction.APPROVER_ADDED": Text("加签", "Approver added"),
    "HistoryAction.SENT_BACK": Text("退回步骤", "Sent back to a step"),
    "HistoryAction.RETURNED": Text("退回申请人", "Sent back to the asker"),
    "HistoryAction.WITHDRAWN": Text("撤回", "Withdrawn"),
    "HistoryAction.VOIDED": Text("失效", "Has become void"),
    "HistoryAction.REMINDED": Text("催办", "Reminded"),
    "HistoryAction.ESCALATED": Text("升级", "Escalated"),
    "HistoryAction.TIMED_OUT": Text("超时", "Time limit passed"),
    "HistoryAction.REPLACED": Text("更换审批人", "Approver replaced"),
    "HistoryAction.DECIDED_BY_RULE": Text("按规则决定", "Decided by a rule"),
    "HistoryAction.NOBODY_FOUND": Text("找不到审批人", "Nobody found to decide"),
}

# Of the labels of rules, refusals name operators; what else has labels is not shown here.
_RULE_TEXTS = {
    code: text
    for code, text in RULE_TEXTS.items()
    if "." not in code or code.startswith("Operator.")
}

TEXTS: dict[str, Text] = {
    **_RULE_TEXTS,
    **_FLOW_TEXTS,
    **_APPROVAL_TEXTS,
    **FILE_TEXTS,
    **MESSAGE_TEXTS,
    **_LABELS,
}
