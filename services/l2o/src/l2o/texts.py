"""Texts for the codes of this service, in Chinese and English."""

from chassis.foundation.texts import Text
from l2o.grade_texts import GRADE_TEXTS, RULE_LABELS
from l2o.timeline_texts import TEXTS as TIMELINE_TEXTS
from parties.texts import INDUSTRY_LABELS, POINT_LABELS, SIZE_LABELS
from rules.texts import TEXTS as RULE_TEXTS

__all__ = ["CONVERSION_LABELS", "RULE_LABELS", "TEXTS"]

TEXTS: dict[str, Text] = {
    **RULE_TEXTS,
    **SIZE_LABELS,
    **GRADE_TEXTS,
    **INDUSTRY_LABELS,
    **POINT_LABELS,
    "ACCOUNT_UNKNOWN": Text("没有该客户。", "There is no such account."),
    "ACCOUNT_DELETED": Text(
        "所属客户已被删除，恢复该客户后才能修改。",
        "The account was deleted. Restore it to change what belongs to it.",
    ),
    "PARENT_UNKNOWN": Text("没有该上级客户。", "There is no such parent account."),
    "ACCOUNT_CYCLE": Text(
        "客户的上级不能是其自身或其下级客户。",
        "An account cannot be placed below itself or below one of its child accounts.",
    ),
    "ACCOUNT_HAS_CHILDREN": Text(
        "客户 {name} 仍有 {children} 个下级客户，不能删除。",
        "{name} cannot be deleted because it still has child accounts (number: {children}).",
    ),
    "OPPORTUNITIES_STAY_HIDDEN": Text(
        "新的负责人看不到该客户的 {count} 个进行中的商机；请一并转移，或先共享给对方。",
        "The new owner would not see {count} open opportunities of the account. Please transfer"
        " them along, or share them first.",
    ),
    "ACCOUNT_HAS_OPPORTUNITIES": Text(
        "客户 {name} 仍有 {opportunities} 个进行中的商机，不能删除。",
        "{name} cannot be deleted because it still has open opportunities"
        " (number: {opportunities}).",
    ),
    "ACCOUNT_COLLIDES": Text(
        "该客户已存在，负责人：{holder}（{keys:CollisionKey}）。",
        "This account exists already and belongs to {holder} ({keys:CollisionKey}).",
    ),
    "ACCOUNT_COLLISION": Text(
        "可能已有相同的客户，负责人：{holder}（{keys:CollisionKey}）。",
        "The same account may exist already and belong to {holder} ({keys:CollisionKey}).",
    ),
    "ACCOUNT_MAY_COLLIDE": Text(
        "可能已有相同的客户，负责人：{holder}（{keys:CollisionKey}）。确认无误后可继续新建。",
        "The same account may exist already and belong to {holder} ({keys:CollisionKey})."
        " Confirm to create it nevertheless.",
    ),
    "CONTACT_COLLIDES": Text(
        "该联系人已存在，负责人：{holder}（{keys:CollisionKey}）。",
        "This contact exists already and belongs to {holder} ({keys:CollisionKey}).",
    ),
    "CONTACT_MAY_COLLIDE": Text(
        "可能已有相同的联系人，负责人：{holder}（{keys:CollisionKey}）。确认无误后可继续新建。",
        "The same contact may exist already and belong to {holder} ({keys:CollisionKey})."
        " Confirm to create it nevertheless.",
    ),
    "ACCOUNT_FIXED": Text("所属客户不能更改。", "The account cannot be changed."),
    "OPPORTUNITY_UNKNOWN": Text("该客户没有此商机。", "The account has no such opportunity."),
    "PARTICIPANT_UNKNOWN": Text("没有这位参与人。", "There is no such participant."),
    "PRODUCT_UNKNOWN": Text(
        "产品不存在或尚未同步，请稍后重试。",
        "The product does not exist or has not arrived yet. Please try again later.",
    ),
    "SECTOR_CORRECTED": Text(
        "行业“{given}”已更正为“{taken}”。", 'The industry "{given}" was corrected to "{taken}".'
    ),
    "COUNTRY_CORRECTED": Text(
        "国家“{given}”已更正为“{taken:Country}”。",
        'The country "{given}" was corrected to "{taken:Country}".',
    ),
    "PARENT_AMBIGUOUS": Text(
        "有多个客户名为“{given}”，未设置上级客户。",
        'Several accounts are named "{given}", so no parent account was set.',
    ),
    "ACCOUNT_AMBIGUOUS": Text("有多个客户名为“{name}”。", 'Several accounts are named "{name}".'),
    "ACCOUNT_MISSING": Text("请填写客户。", "Please enter an account."),
    "STAGE_KEPT": Text(
        "商机在系统中的阶段更靠后，阶段未更改。",
        "The opportunity is already at a later stage, so its stage was not changed.",
    ),
    "OPPORTUNITY_DELETED": Text(
        "商机已被删除，未作更改。", "The opportunity has been deleted and was not changed."
    ),
    "ENGAGE_DATE_MISSING": Text("未填写接洽日期。", "The engage date is missing."),
    "CLOSE_DATE_MISSING": Text(
        "赢单或输单的商机必须填写关闭日期。",
        "A won or lost opportunity must have a close date.",
    ),
    "CLOSED_BEFORE_ENGAGED": Text(
        "关闭日期不能早于接洽日期。", "The close date cannot be before the engage date."
    ),
    "PRODUCT_CORRECTED": Text(
        "产品“{given}”已更正为“{taken}”。", 'The product "{given}" was corrected to "{taken}".'
    ),
    "CONTACT_UNKNOWN": Text("该客户没有此联系人。", "The account has no such contact."),
    "STAGE_MOVE_FORBIDDEN": Text(
        "商机不能从“{from_stage:Stage}”变为“{to_stage:Stage}”。",
        "An opportunity cannot go from {from_stage:Stage} to {to_stage:Stage}.",
    ),
    "Country.KR": Text("韩国", "South Korea"),
    "Country.PH": Text("菲律宾", "Philippines"),
    # Labels of enums.
    "CollisionKey.USCC": Text("统一社会信用代码相同", "same credit code"),
    "CollisionKey.NAME": Text("名称相同", "same name"),
    "CollisionKey.PHONE": Text("电话相同", "same phone number"),
    "CollisionKey.EMAIL": Text("邮箱相同", "same email"),
    "CollisionKey.WEBSITE": Text("网站相同", "same website"),
    "CollisionKey.SIMILAR_NAME": Text("名称相近", "similar name"),
    "CollisionAction.ALLOW": Text("允许", "Allow"),
    "CollisionAction.WARN": Text("提醒", "Warn"),
    "CollisionAction.BLOCK": Text("禁止", "Block"),
    "AccountKind.CUSTOMER": Text("客户", "Customer"),
    "AccountKind.PROSPECT": Text("潜在客户", "Prospect"),
    "AccountKind.DISTRIBUTOR": Text("经销商", "Distributor"),
    "AccountKind.PARTNER": Text("合作伙伴", "Partner"),
    "AccountKind.COMPETITOR": Text("竞争对手", "Competitor"),
    "AccountKind.SUPPLIER": Text("供应商", "Supplier"),
    "ActivityKind.CALL": Text("电话", "Call"),
    "ActivityKind.MAIL": Text("邮件", "Mail"),
    "ActivityKind.MEETING": Text("会议", "Meeting"),
    "ActivityKind.VISIT": Text("拜访", "Visit"),
    "ActivityKind.WECHAT": Text("微信", "WeChat"),
    "ActivityKind.NOTE": Text("备注", "Note"),
    "ActivityDirection.OUTGOING": Text("我方联系客户", "We contacted the customer"),
    "ActivityDirection.INCOMING": Text("客户联系我方", "The customer contacted us"),
    "ActivityResult.NOT_REACHED": Text("未联系上", "Not reached"),
    "ActivityResult.CALL_BACK": Text("约定回电", "To be called back"),
    "ActivityResult.POSITIVE": Text("积极", "Positive"),
    "ActivityResult.NEUTRAL": Text("一般", "Neutral"),
    "ActivityResult.NEGATIVE": Text("消极", "Negative"),
    "Stage.FIRST_CONTACT": Text("初步接洽", "First contact"),
    "Stage.SOLUTION": Text("方案", "Solution"),
    "Stage.QUOTATION": Text("报价", "Quotation"),
    "Stage.BIDDING": Text("投标", "Bidding"),
    "Stage.NEGOTIATION": Text("谈判", "Negotiation"),
    "Stage.SIGNING": Text("签约", "Signing"),
    "Stage.WON": Text("赢单", "Won"),
    "Stage.LOST": Text("输单", "Lost"),
    **TIMELINE_TEXTS,
}

# What people call the records of a conversion and their fields.
CONVERSION_LABELS: dict[str, Text] = {
    "ConvertedRecord.ACCOUNT": Text("客户", "Account"),
    "ConvertedRecord.CONTACT": Text("联系人", "Contact"),
    "ConvertedRecord.OPPORTUNITY": Text("商机", "Opportunity"),
    "ConvertedField.name": Text("名称", "name"),
    "ConvertedField.phone": Text("电话", "phone number"),
    "ConvertedField.email": Text("邮箱", "email"),
    "ConvertedField.title": Text("职务", "job title"),
    "ConvertedField.roles": Text("角色", "roles"),
    "ConvertedField.industry": Text("行业", "industry"),
    "ConvertedField.country": Text("国家或地区", "country"),
    "ConvertedField.founded_year": Text("成立年份", "year founded"),
    "ConvertedField.uscc": Text("统一社会信用代码", "unified social credit code"),
    "ConvertedField.website": Text("网站", "website"),
    "ConvertedField.region_code": Text("地区", "region"),
    "ConvertedField.company_size": Text("公司规模", "company size"),
    "ConvertedField.employees": Text("员工人数", "employees"),
    "ConvertedField.annual_revenue": Text("年营业额", "annual revenue"),
    "ConvertedField.amount": Text("金额", "amount"),
    "ConvertedField.expected_close_date": Text("预计关闭日期", "expected close date"),
    "ConvertedField.engaged_date": Text("接洽日期", "engage date"),
}
