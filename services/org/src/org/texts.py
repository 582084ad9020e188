"""What org refuses, in words. OAuth errors leave in English only: RFC 6749 wants ASCII."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "TENANT_NOT_FOUND": Text("没有该租户。", "There is no such tenant."),
    "PERSON_NOT_FOUND": Text("没有该人员。", "There is no such person."),
    "CLIENT_NOT_FOUND": Text("没有该服务客户端。", "There is no such service client."),
    "DEPARTMENT_NOT_FOUND": Text("没有该部门。", "There is no such department."),
    "DEPARTMENT_UNKNOWN": Text("没有该部门。", "There is no such department."),
    "DEPARTMENT_INACTIVE": Text("该部门已停用。", "The department is closed."),
    "DEPARTMENT_CODE_TAKEN": Text("部门代码 {code} 已被占用。", "The code {code} is taken."),
    "DEPARTMENT_CYCLE": Text(
        "部门不能位于自身或其下级部门之下。",
        "A department cannot stand below itself or its own child.",
    ),
    "DEPARTMENT_IN_USE": Text(
        "部门“{name}”尚有下级部门或人员，不能删除。",
        "Department {name} still has departments or people in it.",
    ),
    "POST_REPEATED": Text("同一部门只能任一个岗位。", "One post a department."),
    "POST_PRIMARY_REPEATED": Text("只能有一个主岗。", "Only one post is the primary one."),
    "PERSON_UNKNOWN": Text("没有该人员。", "There is no such person."),
    "PERSON_AMBIGUOUS": Text("有多名人员叫 {name}。", "Several people are called {name}."),
    "MANAGER_CYCLE": Text("上级关系成环。", "Nobody reports to himself, not over others either."),
    "SUBJECT_TAKEN": Text("该登录主体已属于他人。", "That subject is another person's."),
    "LEAVE_NOT_FOUND": Text("没有该休假。", "There is no such leave."),
    "LEAVE_OVERLAPS": Text("与已有休假重叠。", "It overlaps another leave."),
    "SUBSTITUTE_SELF": Text("不能由本人代理。", "Nobody stands in for himself."),
    "SUBSTITUTE_INACTIVE": Text("代理人 {name} 已停用。", "{name} is not active."),
    "SUBSTITUTE_AWAY": Text("代理人 {name} 同期休假。", "{name} is away at that time too."),
    "ROLE_NOT_FOUND": Text("没有该角色。", "There is no such role."),
    "ROLE_UNKNOWN": Text("没有该角色。", "There is no such role."),
    "ROLE_CODE_TAKEN": Text("角色代码 {code} 已被占用。", "The code {code} is taken."),
    "ROLE_BUILT_IN": Text(
        "内置角色 {code} 不能修改，请另建角色。",
        "{code} is a built-in role: make one of your own instead.",
    ),
    "ROLE_IN_USE": Text("仍有人员拥有角色 {code}。", "Somebody still has the role {code}."),
    "TEAM_NOT_FOUND": Text("没有该团队。", "There is no such team."),
    "ROOT_MISSING": Text("请先建立根部门。", "Add a root department first."),
    "USERNAME_FIXED": Text(
        "用户名已是 {username}，不能更改。", "The username is {username} for good."
    ),
    "NO_LOGIN": Text("{name} 没有登录名，请先邀请。", "{name} has no username: invite them first."),
    "NO_PASSWORD_HERE": Text("您在此处没有密码。", "You have no password here."),
    "PASSWORD_WRONG": Text("当前密码错误。", "The current password is wrong."),
    "LINK_INVALID": Text("链接无效、已用过或已过期。", "The link is wrong, used up or too old."),
    "TIMEZONE_UNKNOWN": Text("不是有效的 IANA 时区。", "Not an IANA time zone."),
    "NOTIFICATION_NOT_FOUND": Text("没有该消息。", "There is no such notification."),
    "NOTIFICATION_ASSIGNED": Text("{name} 已转交给您。", "{name} is yours now."),
    "NOTIFICATION_QUOTE_ACCEPTED": Text(
        "{name} 已接受报价 {document_no}。", "{name} accepted quote {document_no}."
    ),
    "NOTIFICATION_QUOTE_REJECTED": Text(
        "{name} 拒绝了报价 {document_no}。", "{name} rejected quote {document_no}."
    ),
    "NOTIFICATION_QUOTE_EXPIRED": Text(
        "给 {name} 的报价 {document_no} 已过期。", "Quote {document_no} for {name} has expired."
    ),
    "NOTIFICATION_RECEIVABLE_OVERDUE": Text(
        "{name} 的应收款 {document_no} 已逾期。", "Receivable {document_no} of {name} is overdue."
    ),
    "NOTIFICATION_PAYMENT_REVERSED": Text(
        "{name} 的收款 {document_no} 已被冲销。", "Payment {document_no} of {name} was reversed."
    ),
    "NOTIFICATION_IMPORT_FINISHED": Text(
        "导入 {file_name} 已结束：{state}。", "The import of {file_name} has ended: {state}."
    ),
    "NOTIFICATION_TASK_OVERDUE": Text(
        "待办已逾期：{title}（{due_date}）。", "A task is overdue: {title} ({due_date})."
    ),
    "NOTIFICATION_REMINDER": Text("提醒：{text}", "Reminder: {text}"),
    "TASK_NOT_FOUND": Text("没有该待办。", "There is no such task."),
    "TASK_NOT_OWN": Text(
        "此待办由业务产生，不能修改。", "This task comes of facts; it is not edited."
    ),
    "TASK_MOVE_FORBIDDEN": Text("待办的状态不允许该操作。", "The task's state does not allow it."),
    "TASK_OWN": Text("待办", "To do"),
    "TASK_WORK_LEAD": Text("跟进线索 {name}", "Work on the lead {name}"),
    "TASK_WORK_OPPORTUNITY": Text("跟进商机 {name}", "Work on the opportunity {name}"),
    "TASK_COLLECT_RECEIVABLE": Text(
        "催收 {name} 的应收款 {document_no}", "Collect receivable {document_no} of {name}"
    ),
    "REMINDER_NOT_FOUND": Text("没有该提醒。", "There is no such reminder."),
    "REMINDER_SENT": Text("提醒已发出。", "The reminder has been sent."),
    "REGION_NOT_FOUND": Text("没有该行政区划。", "There is no such region."),
    "PERIOD_LENGTH": Text("期间须为 1 至 {maximum} 天。", "A period has 1 to {maximum} days."),
    "DAY_OUT_OF_RANGE": Text(
        "日期须在 {first} 至 {last} 之间。", "A day lies between {first} and {last}."
    ),
    "COUNTRY_UNKNOWN": Text(
        "不是有效的 ISO 3166-1 国家或地区代码。", "Not an ISO 3166-1 country code."
    ),
    "TENANT_GONE": Text("租户已删除。", "The tenant is deleted and stays so."),
    "TENANT_OPERATES": Text(
        "平台运营方自己的租户不能停用或删除。",
        "The operators' own tenant is neither suspended nor deleted.",
    ),
    "OPERATORS_ONLY": Text("只有平台运营方可以这样做。", "Only operators of the system may."),
    "ERASURE_NAMES_NOBODY": Text(
        "擦除须指明对象，导出则不得指明。", "An erasure names somebody, an export nobody."
    ),
    "TENANTTASK_NOT_FOUND": Text("没有这个任务。", "There is no such task."),
    "LANGUAGE_REPEATED": Text("语言不可重复。", "A language stands there twice."),
    "USERNAME_MISSING": Text("有密码则须有用户名。", "A password needs a username."),
    "USERNAME_TAKEN": Text("用户名 {username} 已被占用。", "The username {username} is taken."),
    "CLIENT_ID_TAKEN": Text(
        "客户端标识 {client_id} 已被占用。", "The client id {client_id} is taken."
    ),
    "SCOPES_NOT_HELD": Text(
        "不能授予自己没有的权限：{scopes}。", "You cannot grant scopes you lack: {scopes}."
    ),
    "LOGIN_BRAKED": Text(
        "失败次数过多，请在 {seconds} 秒后重试。", "Too many failures; try again in {seconds} s."
    ),
    "INVALID_REQUEST": Text(
        "请求缺少参数、重复了参数或无法解析。",
        "The request lacks a parameter, repeats one or cannot be read.",
    ),
    "INVALID_CLIENT": Text("客户端认证失败。", "Client authentication failed."),
    "INVALID_GRANT": Text("用户名或密码错误。", "The username or the password is wrong."),
    "UNAUTHORIZED_CLIENT": Text(
        "服务客户端不得使用 password 授权。", "A service client may not use the password grant."
    ),
    "UNSUPPORTED_GRANT_TYPE": Text(
        "只支持 client_credentials 与 password。",
        "Only client_credentials and password are supported.",
    ),
    "INVALID_SCOPE": Text("超出了自己的权限。", "The scope goes beyond what was granted."),
}
