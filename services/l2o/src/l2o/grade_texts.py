"""Texts about the grades of accounts and the rules behind them, in Chinese and English."""

from typing import Final

from chassis.foundation.texts import Text

GRADE_TEXTS: Final[dict[str, Text]] = {
    "OWNER_NOT_SENIOR": Text(
        "该负责人不能负责此客户：该等级的客户只由指定职务或团队的人员负责。",
        "This person cannot own the account. Accounts like it belong to people with certain titles"
        " or of certain teams only.",
    ),
    "GRADE_NOT_PINNED": Text("该客户的等级未被固定。", "The grade of this account is not pinned."),
    "TEAM_UNKNOWN": Text("没有该团队。", "There is no such team."),
    "AccountGrade.A": Text("A 类（重点客户）", "A (key account)"),
    "AccountGrade.B": Text("B 类", "B"),
    "AccountGrade.C": Text("C 类", "C"),
    "AccountGrade.D": Text("D 类", "D"),
}
RULE_LABELS: Final[dict[str, Text]] = {
    "RuleSet.account_grade": Text("客户分级", "Account grade"),
    "RuleSet.account_segment": Text("客户细分", "Account segment"),
    "RuleSet.account_tags": Text("自动标签", "Tags by rule"),
    "RuleSet.account_service": Text("客户服务策略", "Service of accounts"),
    "AccountField.grade": Text("等级", "Grade"),
    "AccountField.kinds": Text("客户类型", "Kinds"),
    "AccountField.region_code": Text("地区", "Region"),
    "AccountField.country": Text("国家或地区", "Country"),
    "AccountField.industry_section": Text("行业门类", "Industry section"),
    "AccountField.company_size": Text("公司规模", "Company size"),
    "AccountField.industry": Text("行业", "Industry"),
    "AccountField.employees": Text("员工人数", "Employees"),
    "AccountField.founded_year": Text("成立年份", "Founded"),
    "AccountField.annual_revenue": Text("年收入", "Annual revenue"),
    "AccountField.annual_revenue_currency": Text("年收入币种", "Currency of the annual revenue"),
    "AccountField.tags": Text("标签", "Tags"),
    "AccountField.days_since_activity": Text("距上次活动天数", "Days since the last activity"),
    "AccountField.open_opportunities": Text("进行中商机数", "Open opportunities"),
    "AccountField.open_amount": Text("进行中商机金额", "Amount of open opportunities"),
    "AccountField.won_opportunities": Text("赢单数", "Won opportunities"),
    "AccountField.won_amount": Text("赢单金额", "Amount of won opportunities"),
    "AccountField.lost_opportunities": Text("输单数", "Lost opportunities"),
    "AccountField.orders": Text("历史订单数", "Orders"),
    "AccountField.ordered": Text("历史订单金额", "Amount ordered"),
    "AccountField.months_as_customer": Text("合作月数", "Months as a customer"),
    "AccountField.contacts": Text("联系人数", "Contacts"),
    "AccountField.recent_activities": Text("近 90 天活动数", "Activities in 90 days"),
    "AccountField.window_orders": Text("统计期订单数", "Orders in the window"),
    "AccountField.window_ordered": Text("统计期订单金额", "Amount ordered in the window"),
    "AccountField.recency": Text("R 分（最近购买）", "Recency score"),
    "AccountField.frequency": Text("F 分（购买次数）", "Frequency score"),
    "AccountField.monetary": Text("M 分（购买金额）", "Monetary score"),
}
