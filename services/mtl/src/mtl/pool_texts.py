"""Texts for the codes of pools, claims, quotas and assignment, in Chinese and English."""

from chassis.foundation.texts import Text

POOL_TEXTS: dict[str, Text] = {
    "LEAD_CLAIMED": Text(
        "该线索已被他人领取。", "Somebody else has this lead already. Please choose another one."
    ),
    "LEAD_WITHOUT_POOL": Text(
        "该线索不是从线索池领取的，请选择要退回的线索池。",
        "This lead did not come from a pool. Please choose the pool into which it goes.",
    ),
    "LEAD_PLACES": Text(
        "负责人、线索池、自动分配只能选择一项。",
        "Please choose one of owner, pool and assignment by the rules.",
    ),
    "POOL_UNKNOWN": Text("没有该线索池，或已停用。", "There is no such active pool."),
    "POOL_INACTIVE": Text("该线索池已停用。", "This pool is not active."),
    "POOL_EMPTY": Text("线索池中没有更多可领取的线索。", "There are no more leads in the pool."),
    "POOL_ADMIN_NEEDED": Text(
        "只有线索池管理员才能执行此操作。", "Only an admin of the pool can do this."
    ),
    "POOL_MEMBER_NOT_ONE": Text(
        "每个成员请选择一名人员或一个部门。",
        "Please choose either a person or a department for each member.",
    ),
    "POOL_LEADS_UNCLEAR": Text(
        "请选择线索，或填写数量。", "Please choose leads, or give their number; not both."
    ),
    "POOL_OWNER_UNCLEAR": Text(
        "请选择负责人，或按规则分配。", "Please choose a person, or assign by the rules; not both."
    ),
    "FIELD_HIDDEN": Text(
        "领取前不能按该字段筛选、排序或统计。",
        "This field is hidden until a lead is claimed, so it cannot select, sort or count leads.",
    ),
    "ROW_OWNER_FULL": Text(
        "负责人持有的线索已达上限，该线索暂无负责人，等待分配。",
        "The owner holds as many leads as allowed. The lead has no owner and waits to be assigned.",
    ),
    "HOLDING_FULL": Text(
        "持有的线索已达上限，请先转化、作废或退回部分线索。",
        "The limit of leads that one may hold is reached. Convert, close or return some first.",
    ),
    "CLAIMS_USED_UP": Text(
        "今天的领取次数已用完。", "All claims of today are used up. Please come back tomorrow."
    ),
    "POOL_CLAIMS_USED_UP": Text(
        "今天在该线索池的领取次数已用完。", "All of today's claims from this pool are used up."
    ),
    "QUOTA_FOR_TWO": Text(
        "请选择人员或部门中的一项。", "Please choose either a person or a department."
    ),
    "QUOTA_FOR_OTHERS": Text(
        "限额的对象不能更改。", "Whom a quota is for cannot be changed. Please create another one."
    ),
    "DEPARTMENT_UNKNOWN": Text("没有该部门。", "There is no such department."),
    "ASSIGNMENT_POOL_ONLY": Text(
        "分配到线索池时请选择线索池，不选人员。",
        "A rule that assigns to a pool needs the pool, and no people.",
    ),
    "ASSIGNMENT_WITHOUT_PEOPLE": Text("请至少选择一名人员。", "Please choose at least one person."),
    "ASSIGNMENT_OF_ONE": Text("指定人员时只能选择一名。", "Please choose one person only."),
    "ASSIGNMENT_PERSON_TWICE": Text("同一人员不能重复。", "The same person stands there twice."),
    "AssignmentStatus.WAITING": Text("等待分配", "Waiting"),
    "AssignmentStatus.UNASSIGNED": Text("未能分配", "Unassigned"),
    "UnassignedReason.NO_RULES": Text("没有生效的分配规则", "No rules are in force"),
    "UnassignedReason.NO_RULE_MATCHES": Text("没有符合的规则", "No rule matches"),
    "UnassignedReason.NOBODY_ELIGIBLE": Text("没有可接收的人员", "Nobody may get it now"),
    "UnassignedReason.RULES_UNREADABLE": Text(
        "规则所用的字段已删除", "A field of the rules was deleted"
    ),
    "UnassignedReason.OWNER_FULL": Text(
        "负责人持有的线索已达上限", "Its owner holds as many as they may"
    ),
    "UnassignedReason.FELL_BACK": Text("已按规则收回", "It fell back by a rule"),
    "UnassignedReason.POOL_CLOSED": Text("线索池已停用", "The pool is closed"),
    "NotChosen.INACTIVE": Text("已停用", "Not active"),
    "NotChosen.ON_LEAVE": Text("休假中", "On leave"),
    "NotChosen.BARRED": Text("刚被收回，暂不能再领取", "Lost it lately, so not yet again"),
    "NotChosen.NO_ROOM": Text("已达上限", "No room for more"),
    "NotChosen.OTHER_REGION": Text("不负责该地区", "Another region"),
    "NotChosen.LATER_TURN": Text("尚未轮到", "Not their turn"),
    "NotChosen.MORE_LOADED": Text("持有线索更多", "Holds more leads"),
}
POOL_RULE_LABELS: dict[str, Text] = {
    "RuleSet.lead_assignment": Text("线索分配", "Lead assignment"),
    "LeadField.score": Text("评分", "Score"),
    "LeadField.grade": Text("等级", "Grade"),
    "LeadField.status": Text("状态", "Status"),
}
