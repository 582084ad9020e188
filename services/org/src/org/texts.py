"""The texts of org's codes, in Chinese and English.

Token errors are sent in English only, because RFC 6749 allows only ASCII there.
"""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "DEPARTMENT_UNKNOWN": Text("该部门不存在。", "This department does not exist."),
    "DEPARTMENT_INACTIVE": Text("该部门已停用。", "This department is inactive."),
    "DEPARTMENT_CODE_TAKEN": Text(
        "部门代码 {code} 已被使用。", "The department code {code} is already in use."
    ),
    "DEPARTMENT_CODE_OF_DELETED": Text(
        "部门代码 {code:code} 属于已删除的部门“{name}”，可以恢复该部门。",
        "The department code {code:code} belongs to the deleted department {name};"
        " it can be restored.",
    ),
    "DEPARTMENT_CYCLE": Text(
        "不能将部门移动到其自身或其下级部门之下。",
        "A department cannot be moved below itself or below one of its own sub-departments.",
    ),
    "DEPARTMENT_IN_USE": Text(
        "部门“{name}”尚有下级部门、人员或专属工作时间，无法删除。",
        "The department {name} cannot be deleted: it still has sub-departments, people or working"
        " hours of its own.",
    ),
    "POST_REPEATED": Text(
        "同一人员在同一部门只能有一个岗位。", "A person can have only one post in a department."
    ),
    "POST_PRIMARY_REPEATED": Text("只能有一个主岗。", "Only one post can be the primary post."),
    "PERSON_UNKNOWN": Text("该人员不存在。", "This person does not exist."),
    "PERSON_AMBIGUOUS": Text(
        "有多名人员名为“{name}”，无法确定是哪一位。", "Several people are called {name}."
    ),
    "MANAGER_CYCLE": Text(
        "不能将本人或其下属设为上级。",
        "A person cannot report to themselves or to somebody who reports to them.",
    ),
    "SUBJECT_TAKEN": Text("该登录主体已被使用。", "This subject is already in use."),
    "SESSION_NOT_FOUND": Text("未找到该登录会话。", "The session was not found."),
    "LEAVE_OVERLAPS": Text("该休假与已有休假重叠。", "The leave overlaps another leave."),
    "SUBSTITUTE_SELF": Text(
        "休假人不能担任自己的代理人。", "A person cannot be their own substitute."
    ),
    "SUBSTITUTE_INACTIVE": Text(
        "{name} 已停用，不能担任代理人。", "{name} is inactive and cannot be a substitute."
    ),
    "SUBSTITUTE_AWAY": Text(
        "{name} 同期休假，不能担任代理人。", "{name} is also on leave during this period."
    ),
    "RESOURCE_UNKNOWN": Text("没有名为“{given}”的记录类型。", "There is no resource {given}."),
    "ROLE_UNKNOWN": Text("该角色不存在。", "This role does not exist."),
    "ROLE_CODE_TAKEN": Text(
        "角色代码 {code:code} 已被使用。", "The role code {code:code} is already in use."
    ),
    "ROLE_CODE_OF_DELETED": Text(
        "角色代码 {code:code} 属于已删除的角色“{name}”，可以恢复该角色。",
        "The role code {code:code} belongs to the deleted role {name}; it can be restored.",
    ),
    "ROLE_CODE_FIXED": Text(
        "角色代码不能更改，请另建角色。",
        "The code of a role never changes. Please create another role.",
    ),
    "ROLE_BUILT_IN": Text(
        "内置角色 {code:code} 不能修改，请新建角色。",
        "{code:code} is a built-in role and cannot be changed; please create a new role instead.",
    ),
    "ROLE_IN_USE": Text(
        "仍有人员拥有角色 {code:code}，无法删除。",
        "The role {code:code} cannot be deleted: it is still assigned to people.",
    ),
    "ROOT_MISSING": Text("请先创建根部门。", "Please create a root department first."),
    "USERNAME_FIXED": Text(
        "用户名已是 {username}，不能更改。",
        "The username is already {username} and cannot be changed.",
    ),
    "NO_LOGIN": Text(
        "{name} 还没有用户名，请先发出邀请。",
        "{name} has no username yet; please send an invitation first.",
    ),
    "NO_PASSWORD_HERE": Text(
        "您的密码不在本系统中管理。", "Your password is not managed in this system."
    ),
    "PASSWORD_WRONG": Text("当前密码不正确。", "The current password is incorrect."),
    "LINK_INVALID": Text(
        "链接无效、已使用或已过期。", "The link is invalid, has already been used or has expired."
    ),
    "TIMEZONE_UNKNOWN": Text("不是有效的 IANA 时区。", "This is not a valid IANA time zone."),
    "TASK_NOT_OWN": Text(
        "该待办由系统生成，不能修改。", "This task was created by the system and cannot be edited."
    ),
    "REMINDER_NOT_OWN": Text(
        "该提醒由系统生成，不能修改。",
        "This reminder was created by the system and cannot be edited.",
    ),
    "TASK_MOVE_FORBIDDEN": Text(
        "待办的当前状态不允许此操作。", "The current state of the task does not allow this."
    ),
    "REMINDER_SENT": Text(
        "提醒已发出，不能修改。", "The reminder has already been sent and cannot be changed."
    ),
    "REGION_NOT_FOUND": Text("未找到该行政区划。", "The region was not found."),
    "PERIOD_LENGTH": Text(
        "期间须为 1 至 {maximum} 天。", "The period must be 1 to {maximum} days long."
    ),
    "WORKING_HOURS_NOT_FOUND": Text("未找到该工作时间。", "The working hours were not found."),
    "WORKING_HOURS_IN_USE": Text(
        "工作时间“{name}”仍在使用（默认工作时间或已分配给部门），无法删除。",
        "The working hours {name} cannot be deleted: they are the default or assigned to"
        " departments.",
    ),
    "SHIFT_EMPTY": Text("班次没有工作时间。", "The shift has no working time."),
    "SHIFT_OVERLAPS": Text(
        "与班次 {start}–{end} 重叠。", "The shift overlaps the shift from {start} to {end}."
    ),
    "DAY_TOO_LONG": Text(
        "同一天的班次合计不能超过 24 小时。",
        "The shifts of a day cannot be longer than 24 hours together.",
    ),
    "BREAK_EMPTY": Text("休息的结束时间须晚于开始时间。", "The break must end after its start."),
    "BREAK_OUTSIDE_SHIFT": Text("休息须在班次之内。", "The break must lie within the shift."),
    "BREAK_OVERLAPS": Text(
        "与休息 {start}–{end} 重叠。", "The break overlaps the break from {start} to {end}."
    ),
    "OWN_DAY_REPEATED": Text("日期 {date} 重复。", "The date {date} is listed more than once."),
    "END_BEFORE_START": Text("结束不能早于开始。", "The end cannot be before the start."),
    "SPAN_TOO_LONG": Text(
        "最多可计算 {maximum} 天。", "At most {maximum} days can be measured at once."
    ),
    "DEADLINE_TOO_FAR": Text(
        "十年之内没有足够的工作时间。", "There is not enough working time within ten years."
    ),
    "TENANT_GONE": Text(
        "租户已删除，无法恢复。", "The tenant has been deleted and cannot be restored."
    ),
    "TENANT_OPERATES": Text(
        "平台运营方自己的租户不能停用或删除。",
        "The operators' own tenant cannot be suspended or deleted.",
    ),
    "ADMINISTRATOR_AMBIGUOUS": Text(
        "请指定一名已有人员，或填写一名新人员，二者只能选其一。",
        "Please name an existing person or describe a new one, but not both.",
    ),
    "ERASURE_NAMES_NOBODY": Text(
        "删除个人数据须指明对象，导出则不得指明对象。",
        "An erasure must name the person to erase; an export must not name anybody.",
    ),
    "TENANTTASK_NOT_FOUND": Text("未找到该任务。", "The task was not found."),
    "LANGUAGE_REPEATED": Text("语言不能重复。", "Each language may be listed only once."),
    "USERNAME_MISSING": Text(
        "设置密码时必须填写用户名。", "A username is required when a password is set."
    ),
    "USERNAME_TAKEN": Text(
        "用户名 {username} 已被使用。", "The username {username} is already in use."
    ),
    "CLIENT_ID_TAKEN": Text(
        "客户端标识 {client_id} 已被使用。", "The client id {client_id} is already in use."
    ),
    "SCOPE_UNKNOWN": Text("权限“{scope}”不存在。", "There is no scope {scope}."),
    "SCOPES_NOT_HELD": Text(
        "您没有以下权限，因此不能执行此操作：{scopes:scope}。",
        "You cannot do this because you do not have these permissions: {scopes:scope}.",
    ),
    "LAST_ADMINISTRATOR": Text(
        "至少须有一名在职的系统管理员，请先指定另一名管理员。",
        "At least one active person must remain an administrator; please appoint another first.",
    ),
    "LOGIN_BRAKED": Text(
        "失败次数过多，请在 {seconds} 秒后重试。",
        "Too many failed attempts; please try again in {seconds} seconds.",
    ),
    "INVALID_REQUEST": Text(
        "请求缺少参数、参数重复或无法解析。",
        "The request lacks a parameter, repeats a parameter or cannot be parsed.",
    ),
    "INVALID_CLIENT": Text("客户端认证失败。", "Client authentication failed."),
    "INVALID_GRANT": Text(
        "用户名或密码不正确，或刷新令牌已失效。",
        "The username or the password is incorrect, or the refresh token is no longer valid.",
    ),
    "UNAUTHORIZED_CLIENT": Text(
        "服务客户端不能使用 password 授权类型。",
        "A service client must not use the grant type password.",
    ),
    "UNSUPPORTED_GRANT_TYPE": Text(
        "只支持授权类型 client_credentials、password 和 refresh_token。",
        "Only the grant types client_credentials, password and refresh_token are supported.",
    ),
    "INVALID_SCOPE": Text("请求的权限超出了已授予的范围。", "The requested scope was not granted."),
    # Labels of enums.
    "CallerOut.kind.PERSON": Text("人员", "Person"),
    "CallerOut.kind.CLIENT": Text("服务客户端", "Service client"),
    "DayReason.WEEKDAY": Text("按星期排班", "Shifts of the weekday"),
    "DayReason.OWN_DAY": Text("自定义日期", "Day of its own"),
    "DayReason.HOLIDAY": Text("休息日", "Day off"),
    "DayReason.MAKE_UP_WORKDAY": Text("调休上班日", "Make-up working day"),
    "DayKind.WORKDAY": Text("工作日", "Working day"),
    "DayKind.WEEKEND": Text("周末", "Weekend"),
    "DayKind.HOLIDAY": Text("法定节假日", "Holiday"),
    "DayKind.MAKE_UP_WORKDAY": Text("调休上班日", "Make-up working day"),
    "DayKind.OWN_WORKDAY": Text("公司工作日", "Own working day"),
    "DayKind.OWN_DAY_OFF": Text("公司休息日", "Own day off"),
    "HoursSource.DEPARTMENT": Text("本部门设置", "Set for the department"),
    "HoursSource.ANCESTOR": Text("继承自上级部门", "Inherited from a department above"),
    "HoursSource.TENANT_DEFAULT": Text("公司默认", "Default of the company"),
    "HoursSource.BUILT_IN": Text("系统默认", "Built-in default"),
    "LinkPurpose.INVITATION": Text("邀请", "Invitation"),
    "LinkPurpose.RESET": Text("重置密码", "Password reset"),
    "TaskState.OPEN": Text("未完成", "Open"),
    "TaskState.DONE": Text("已完成", "Done"),
    "TaskState.DISMISSED": Text("已忽略", "Dismissed"),
    "ImplicitlyShared.l2o.contact": Text("联系人", "Contacts"),
    "ImplicitlyShared.l2o.opportunity": Text("商机", "Opportunities"),
    "ImplicitlyShared.cpq.quote": Text("报价", "Quotes"),
    "ImplicitlyShared.rms.order": Text("订单", "Orders"),
    "ImplicitlyShared.rms.receivable": Text("应收款", "Receivables"),
    "TaxRounding.LINE": Text("按行舍入", "Per line"),
    "TaxRounding.DOCUMENT": Text("按单据舍入", "Per document"),
    "TenantStatus.ACTIVE": Text("正常", "Active"),
    "TenantStatus.SUSPENDED": Text("已停用", "Suspended"),
    "TenantStatus.DELETED": Text("已删除", "Deleted"),
    "TenantTaskKind.EXPORT": Text("导出", "Export"),
    "TenantTaskKind.ERASE": Text("抹除个人信息", "Erase personal data"),
    "TenantTaskKind.DELETE": Text("删除租户", "Delete the tenant"),
    "TenantTaskState.RUNNING": Text("进行中", "Running"),
    "TenantTaskState.FINISHED": Text("已完成", "Finished"),
    "TenantTaskState.FAILED": Text("失败", "Failed"),
    "Weekday.MONDAY": Text("星期一", "Monday"),
    "Weekday.TUESDAY": Text("星期二", "Tuesday"),
    "Weekday.WEDNESDAY": Text("星期三", "Wednesday"),
    "Weekday.THURSDAY": Text("星期四", "Thursday"),
    "Weekday.FRIDAY": Text("星期五", "Friday"),
    "Weekday.SATURDAY": Text("星期六", "Saturday"),
    "Weekday.SUNDAY": Text("星期日", "Sunday"),
}
