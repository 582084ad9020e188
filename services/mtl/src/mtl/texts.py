"""Texts for the codes of this service, in Chinese and English."""

from chassis.foundation.texts import Text
from mtl.bulk_texts import BULK_TEXTS
from mtl.channel_texts import CHANNEL_TEXTS
from mtl.conversion_texts import CONVERSION_TEXTS
from mtl.merge_texts import MERGE_TEXTS
from mtl.pool_texts import POOL_RULE_LABELS, POOL_TEXTS
from mtl.retention_texts import RETENTION_LABELS, RETENTION_TEXTS
from parties.texts import SIZE_LABELS
from rules.texts import TEXTS as RULE_TEXTS
from scoring.texts import TEXTS as SCORING_TEXTS

TEXTS: dict[str, Text] = {
    **RULE_TEXTS,
    **SIZE_LABELS,
    **SCORING_TEXTS,
    **BULK_TEXTS,
    **RETENTION_TEXTS,
    **POOL_TEXTS,
    **CONVERSION_TEXTS,
    **CHANNEL_TEXTS,
    **MERGE_TEXTS,
    "LEAD_EMPTY": Text(
        "请至少填写姓名、公司、电话、邮箱或外部编号中的一项。",
        "Please enter at least a name, a company, a phone number, an email or an external id.",
    ),
    "LEAD_DUPLICATE": Text(
        "该线索已存在（{matched:LeadMatch}）。",
        "This lead already exists ({matched:LeadMatch}).",
    ),
    "LEAD_DUPLICATE_HIDDEN": Text(
        "该线索已存在，但您不能查看，请联系主管。",
        "This lead already exists, but you may not view it. Please ask your manager.",
    ),
    "LEAD_NOT_RECOGNIZABLE": Text(
        "该行没有电话、邮箱或外部编号，再次导入时无法识别，会再新建一条线索。",
        "This row has no phone number, email or external id. It cannot be recognised again: another"
        " import of it creates another lead.",
    ),
    "LEAD_CONVERTED": Text(
        "该线索已转化，不能再修改或删除。",
        "The lead has been converted and can no longer be edited or deleted.",
    ),
    "LEAD_NOT_RAW": Text(
        "只有新线索或培育中的线索才能移交给销售。",
        "Only a new lead, or one that is being nurtured, can be handed over to sales.",
    ),
    "LEAD_NOT_NEW": Text(
        "只有新线索或已移交的线索才能由销售接受。",
        "Only a new lead, or one that was handed over, can be accepted for sales.",
    ),
    "LEAD_NOT_HANDED_OVER": Text(
        "只有已移交给销售的线索才能退回。", "Only a lead that was handed over can be refused."
    ),
    "LEAD_NOT_OPEN": Text(
        "该线索已转化、已作废或正在培育，不能执行此操作。",
        "The lead is converted, invalid or being nurtured, so this cannot be done.",
    ),
    "LEAD_NOT_CLOSED": Text(
        "只有已作废或培育中的线索才能重新打开。",
        "Only a lead that is invalid or being nurtured can be opened again.",
    ),
    "LEAD_DELETED": Text(
        "该线索已删除，请先恢复。", "The lead has been deleted. Please restore it first."
    ),
    "LEAD_FIXED": Text("所属线索不能更改。", "The lead cannot be changed."),
    "TOUCH_RECORDED_OTHERWISE": Text(
        "该线索已有相同外部编号但内容不同的触点。",
        "The lead has another touch with the same external id.",
    ),
    "NOTE_MISSING": Text(
        "原因选择“其他”时请填写说明。", "Please add a note when the reason is “other”."
    ),
    "ACCOUNT_BEING_MADE": Text(
        "该客户正由另一条线索的转化创建，请稍后重试。",
        "The conversion of another lead is still creating this account. Please try again shortly.",
    ),
    "LEAD_NOT_QUALIFIED": Text(
        "只有销售已接受的线索才能转化。", "Only a lead that sales accepted can be converted."
    ),
    "LEAD_NOT_CONVERTED": Text(
        "只有已转化的线索才能撤回转化。", "Only the conversion of a converted lead can be undone."
    ),
    "END_BEFORE_START": Text("结束不能早于开始。", "The end cannot be before the start."),
    "CHART_TOO_LARGE": Text(
        "结果超过 {limit} 行，请缩短期间、改用更长的统计周期或减少分组。",
        "The chart would have more than {limit} rows. Choose a shorter period, longer steps or no"
        " groups.",
    ),
    "LeadMatch.phone": Text("电话相同", "same phone number"),
    "LeadMatch.email": Text("邮箱相同", "same email"),
    "LeadMatch.wechat_id": Text("微信号相同", "same WeChat id"),
    "LeadMatch.external_id": Text("外部编号相同", "same external id"),
    # Labels of enums.
    "DuplicateReason.PHONE_EQUAL": Text("电话相同", "same phone number"),
    "DuplicateReason.EMAIL_EQUAL": Text("邮箱相同", "same email"),
    "DuplicateReason.WECHAT_ID_EQUAL": Text("微信号相同", "same WeChat id"),
    "DuplicateReason.COMPANY_CODE_EQUAL": Text("统一社会信用代码相同", "same company by its code"),
    "DuplicateReason.EXTERNAL_ID_EQUAL": Text("外部编号相同", "same external id"),
    "DuplicateReason.COMPANY_EQUAL": Text("公司名称相同", "same company name"),
    "DuplicateReason.COMPANY_SOUNDS_EQUAL": Text(
        "公司名称读音相同", "company name sounds the same"
    ),
    "DuplicateReason.COMPANY_MISTYPED": Text(
        "公司名称相差一处笔误", "company name differs by one slip"
    ),
    "DuplicateReason.COMPANY_ABBREVIATED": Text("公司名称为缩写", "company name abbreviated"),
    "DuplicateReason.PERSON_EQUAL": Text("姓名相同", "same person"),
    "DuplicateReason.PERSON_OTHER": Text("姓名不同", "another person"),
    "LeadStatus.RAW": Text("新线索", "New"),
    "LeadStatus.MQL": Text("市场合格", "Marketing qualified"),
    "LeadStatus.SQL": Text("销售合格", "Sales qualified"),
    "LeadStatus.NURTURE": Text("培育中", "Nurturing"),
    "LeadStatus.INVALID": Text("已作废", "Invalid"),
    "LeadStatus.CONVERTED": Text("已转化", "Converted"),
    "LeadMove.HAND_OVER": Text("移交销售", "Hand over to sales"),
    "LeadMove.QUALIFY": Text("接受", "Accept"),
    "LeadMove.REFUSE": Text("退回", "Refuse"),
    "LeadMove.NURTURE": Text("转入培育", "Nurture"),
    "LeadMove.DISQUALIFY": Text("作废", "Disqualify"),
    "LeadMove.REOPEN": Text("重新打开", "Reopen"),
    "LeadMove.CONVERT": Text("转化", "Convert"),
    "LeadMove.TAKE_BACK": Text("撤回转化", "Undo the conversion"),
    "InvalidReason.WRONG_CONTACT": Text("联系方式错误", "Wrong contact details"),
    "InvalidReason.NOT_REACHABLE": Text("无法联系", "Not reachable"),
    "InvalidReason.NO_NEED": Text("没有需求", "No need"),
    "InvalidReason.NO_BUDGET": Text("没有预算", "No budget"),
    "InvalidReason.NOT_SERVED": Text("不在服务范围", "Not served by us"),
    "InvalidReason.PRIVATE_PERSON": Text("个人或学生", "Private person or student"),
    "InvalidReason.COMPETITOR": Text("竞争对手", "Competitor"),
    "InvalidReason.ALREADY_KNOWN": Text("已有客户或重复线索", "Known already"),
    "InvalidReason.SPAM": Text("垃圾信息", "Spam"),
    "InvalidReason.OTHER": Text("其他", "Other"),
    "RefusalReason.CONTACT_INCOMPLETE": Text("联系方式不完整", "Contact details incomplete"),
    "RefusalReason.TOO_EARLY": Text("时机过早", "Too early"),
    "RefusalReason.TOO_SMALL": Text("规模过小", "Too small"),
    "RefusalReason.NOT_A_DECIDER": Text("不是决策人", "Not a decision maker"),
    "RefusalReason.WRONG_TERRITORY": Text("不在本区域", "Not in this territory"),
    "RefusalReason.NOT_TARGETED": Text("不是目标客户", "Not a target customer"),
    "RefusalReason.OTHER": Text("其他", "Other"),
    "DAY_CAME": Text("培育到期", "Its day came"),
    "TOUCHED": Text("客户又有互动", "The person was in touch again"),
    "MetricStep.day": Text("日", "Day"),
    "MetricStep.week": Text("周", "Week"),
    "MetricStep.month": Text("月", "Month"),
    "MetricGroup.none": Text("不分组", "Not grouped"),
    "MetricGroup.source": Text("按来源", "By source"),
    "MetricGroup.owner": Text("按负责人", "By owner"),
    "MetricGroup.grade": Text("按等级", "By grade"),
    "MetricUnit.LEADS": Text("条", "Leads"),
    "MetricUnit.HOURS": Text("小时", "Hours"),
    "MetricUnit.SHARE": Text("比例", "Share"),
    "AgeBand.UP_TO_3": Text("0–3 天", "0–3 days"),
    "AgeBand.UP_TO_7": Text("4–7 天", "4–7 days"),
    "AgeBand.UP_TO_30": Text("8–30 天", "8–30 days"),
    "AgeBand.UP_TO_90": Text("31–90 天", "31–90 days"),
    "AgeBand.OVER_90": Text("90 天以上", "Over 90 days"),
    "HandOffOutcome.ACCEPTED": Text("已接受", "Accepted"),
    "HandOffOutcome.REFUSED": Text("已退回", "Refused"),
    "HandOffOutcome.CLOSED": Text("已作废或转入培育", "Disqualified or set aside"),
    "HandOffOutcome.WAITING": Text("待处理", "Waiting"),
    "NeededState.COMPUTED": Text("已计算", "Computed"),
    "NeededState.NOT_ENOUGH_DATA": Text(
        "历史线索不足 30 条，无法估算。",
        "There are fewer than 30 past leads, which is not enough for an estimate.",
    ),
    "NeededState.NONE_CONVERTED": Text(
        "历史线索均未转化，无法估算。",
        "None of the past leads converted, so nothing can be estimated.",
    ),
    "MetricField.start_date": Text("日期", "Date"),
    "MetricField.source": Text("来源", "Source"),
    "MetricField.owner_id": Text("负责人", "Owner"),
    "MetricField.grade": Text("等级", "Grade"),
    "MetricField.status": Text("状态", "Status"),
    "MetricField.age_band": Text("线索天数", "Age"),
    "MetricField.outcome": Text("移交结果", "Outcome"),
    "MetricField.reason": Text("退回原因", "Reason"),
    "MetricField.leads": Text("线索数", "Leads"),
    "MetricField.mql": Text("市场合格线索", "Marketing qualified"),
    "MetricField.sql": Text("销售合格线索", "Sales qualified"),
    "MetricField.converted": Text("已转化", "Converted"),
    "MetricField.invalid": Text("已作废", "Invalid"),
    "MetricField.mql_rate": Text("市场合格率", "Share marketing qualified"),
    "MetricField.sql_rate": Text("销售合格率", "Share sales qualified"),
    "MetricField.conversion_rate": Text("转化率", "Conversion rate"),
    "MetricField.invalid_rate": Text("作废率", "Share invalid"),
    "MetricField.first_move_median_hours": Text("首次处理用时中位数", "Time to first move, median"),
    "MetricField.first_move_p90_hours": Text(
        "首次处理用时（90% 以内）", "Time to first move, nine in ten"
    ),
    "MetricField.conversion_median_hours": Text("转化用时中位数", "Time to conversion, median"),
    "MetricField.conversion_p90_hours": Text(
        "转化用时（90% 以内）", "Time to conversion, nine in ten"
    ),
    "MetricField.hand_overs": Text("移交次数", "Hand-overs"),
    "MetricField.answer_median_hours": Text("答复用时中位数", "Time to answer, median"),
    "MetricField.effective": Text("有效线索", "Effective leads"),
    "MetricField.target": Text("目标", "Target"),
    "MetricField.attainment": Text("达成率", "Attainment"),
    "TouchKind.FORM": Text("提交表单", "Form"),
    "TouchKind.PAGE_VISIT": Text("访问网页", "Page visit"),
    "TouchKind.DOWNLOAD": Text("下载资料", "Download"),
    "TouchKind.SEMINAR": Text("参加研讨会", "Seminar"),
    "TouchKind.EVENT": Text("参加活动", "Event"),
    "TouchKind.CHAT": Text("在线咨询", "Chat"),
    "TouchKind.CALL": Text("来电", "Call"),
    "TouchKind.MAIL": Text("邮件往来", "Mail"),
    "TouchKind.MESSAGE": Text("消息往来", "Message"),
    "TouchKind.AD_CLICK": Text("点击广告", "Click on an advertisement"),
    "TouchKind.IMPORT": Text("导入", "Import"),
    "TouchKind.OTHER": Text("其他接触", "Other contact"),
    "FollowUpKind.CALL": Text("电话", "Call"),
    "FollowUpKind.VISIT": Text("拜访", "Visit"),
    "FollowUpKind.MEETING": Text("会议", "Meeting"),
    "FollowUpKind.MAIL": Text("邮件", "Mail"),
    "FollowUpKind.MESSAGE": Text("消息", "Message"),
    "FollowUpKind.WECHAT": Text("微信", "WeChat"),
    "FollowUpKind.NOTE": Text("备注", "Note"),
    "FollowUpResult.REACHED": Text("已联系上", "Reached"),
    "FollowUpResult.NOT_REACHED": Text("未联系上", "Not reached"),
    "FollowUpResult.INTERESTED": Text("有意向", "Interested"),
    "FollowUpResult.NOT_INTERESTED": Text("无意向", "Not interested"),
    "FollowUpResult.CALL_BACK": Text("约定回电", "To be called back"),
    "FollowUpResult.DONE": Text("已完成", "Done"),
    "TimelineKind.TOUCH": Text("触点", "Touch"),
    "TimelineKind.FOLLOW_UP": Text("跟进", "Follow-up"),
    "TimelineKind.STATUS": Text("状态变更", "Change of status"),
    "TimelineKind.OWNER": Text("负责人变更", "Change of owner"),
    "TimelineKind.CAPTURE": Text("线索创建", "Capture"),
    "Grade.A": Text("A 级", "A"),
    "Grade.B": Text("B 级", "B"),
    "Grade.C": Text("C 级", "C"),
    "Grade.D": Text("D 级", "D"),
}

# What people call the rules that they change, and the fields which these read.
RULE_LABELS: dict[str, Text] = {
    **RETENTION_LABELS,
    **POOL_RULE_LABELS,
    "RuleSet.lead_score": Text("线索评分", "Lead score"),
    "RuleSet.lead_tags": Text("自动标签", "Tags by rule"),
    "LeadField.job_title": Text("职务", "Job title"),
    "LeadField.department": Text("部门", "Department"),
    "LeadField.company": Text("公司", "Company"),
    "LeadField.industry": Text("行业", "Industry"),
    "LeadField.country": Text("国家或地区", "Country"),
    "LeadField.region_code": Text("地区", "Region"),
    "LeadField.language": Text("语言", "Language"),
    "LeadField.need": Text("需求", "Need"),
    "LeadField.source": Text("来源", "Source"),
    "LeadField.source_detail": Text("来源详情", "Source detail"),
    "LeadField.utm_source": Text("广告来源", "Ad source"),
    "LeadField.utm_medium": Text("广告媒介", "Ad medium"),
    "LeadField.utm_campaign": Text("广告系列", "Ad campaign"),
    "LeadField.utm_term": Text("广告关键词", "Ad keyword"),
    "LeadField.utm_content": Text("广告内容", "Ad content"),
    "LeadField.company_size": Text("公司规模", "Company size"),
    "LeadField.budget": Text("预算金额", "Budget"),
    "LeadField.budget_currency": Text("预算币种", "Budget currency"),
    "LeadField.expected_on": Text("预计采购日期", "Expected purchase date"),
    "LeadField.has_phone": Text("有手机", "Has a phone number"),
    "LeadField.has_work_phone": Text("有座机", "Has a work phone number"),
    "LeadField.has_email": Text("有邮箱", "Has a mail address"),
    "LeadField.has_wechat_id": Text("有微信", "Has a WeChat id"),
    "LeadField.has_website": Text("有网站", "Has a website"),
    "LeadField.has_uscc": Text("有信用代码", "Has a credit code"),
}
