"""Texts for the codes of clocks, retention rules and recycling, in Chinese and English."""

from chassis.foundation.texts import Text

_REASONS = {
    "NO_FIRST_FOLLOW_UP": Text("未及时首次跟进", "no first follow-up in time"),
    "NO_FOLLOW_UP": Text("未及时再次跟进", "not followed up again in time"),
    "NOT_CONVERTED": Text("未及时转化", "not converted in time"),
}
RETENTION_TEXTS: dict[str, Text] = {
    "LEAD_OWNER_BARRED": Text(
        "此人未及时跟进该线索，已被收回，暂不能再次领取。",
        "This person let the lead fall back, and may not take it again yet.",
    ),
    "REMINDER_TOO_LATE": Text(
        "提醒须早于收回或接受的期限。", "A reminder must come before a deadline of the rule."
    ),
    "LEAD_FELL_BACK": Text("按规则收回", "It fell back by the rules"),
    **{
        f"LEAD_FELL_BACK_BY_RULE_{reason}": Text(
            f"按规则“{{rule}}”收回：{text.zh}", f"It fell back by the rule “{{rule}}”: {text.en}"
        )
        for reason, text in _REASONS.items()
    },
    **{f"FallBackReason.{reason}": text for reason, text in _REASONS.items()},
    "ClockState.RUNNING": Text("计时中", "The clock runs"),
    "ClockState.NO_RULE": Text("没有适用的收回规则", "No rule applies to the lead"),
    "ClockState.NO_DEADLINE": Text("适用的规则不收回线索", "Its rule never takes the lead back"),
    "ClockState.NO_OWNER": Text("线索没有负责人", "Nobody owns the lead"),
    "ClockState.CLOSED": Text("线索不在跟进中", "The lead is not open"),
    "ClockState.DELETED": Text("线索已删除", "The lead is deleted"),
    "TargetKind.NOBODY": Text("收回后没有负责人", "Nobody has it then"),
    "TargetKind.DEPARTMENT_HEAD": Text("收回给部门主管", "The head of the department gets it"),
    "TargetKind.POOL": Text("收回到线索池", "It goes into a pool"),
    "TargetKind.PERSON": Text("收回给指定人员", "A person whom the rule names gets it"),
    "MetricField.late": Text("超时未答复", "Late"),
    "TimeUnit.HOURS": Text("小时", "Hours"),
    "TimeUnit.DAYS": Text("天", "Days"),
    "TimeUnit.WORKING_HOURS": Text("工作小时", "Working hours"),
    "TimeUnit.WORKING_DAYS": Text("工作日", "Working days"),
}

# What people call the rules that they change, and the fields which these read.
RETENTION_LABELS: dict[str, Text] = {
    "RuleSet.lead_retention": Text("线索收回", "Recycling of leads"),
    "LeadField.status": Text("状态", "Status"),
    "LeadField.grade": Text("等级", "Grade"),
    "LeadField.score": Text("评分", "Score"),
}
