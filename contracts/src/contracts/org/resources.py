"""The resources of org."""

from typing import Final

from contracts.resources import (
    DIRECTION,
    EVERYBODY,
    ONLY_ADMIN,
    PEOPLE,
    SALES_MANAGEMENT,
    Resource,
    common_resources,
    editable,
)

# Everybody needs the directory, code lists, and their own tasks and notifications.
RESOURCES: Final = (
    editable("org.person", zh="人员", en="person", read=EVERYBODY, write=PEOPLE),
    editable("org.department", zh="部门", en="department", read=EVERYBODY, write=PEOPLE),
    editable("org.team", zh="团队", en="team", read=EVERYBODY, write=DIRECTION | PEOPLE),
    editable("org.role", zh="角色", en="role", read=EVERYBODY, write=ONLY_ADMIN),
    editable(
        "org.client",
        zh="服务客户端",
        en="service client",
        read=SALES_MANAGEMENT | PEOPLE,
        write=ONLY_ADMIN,
    ),
    editable("org.calendar", zh="工作日历", en="calendar", read=EVERYBODY, write=PEOPLE),
    editable("org.working_hours", zh="工作时间", en="working hours", read=EVERYBODY, write=PEOPLE),
    editable("org.notification", zh="消息", en="notification", read=EVERYBODY, write=EVERYBODY),
    editable(
        "org.task",
        zh="待办",
        en="task",
        read=EVERYBODY,
        write=EVERYBODY,
        notices={"TASK_OVERDUE": ("待办逾期", "Task overdue")},
        tasks={"OWN": ("自建待办", "Own task")},
    ),
    editable(
        "org.reminder",
        zh="提醒",
        en="reminder",
        read=EVERYBODY,
        write=EVERYBODY,
        notices={"REMINDER": ("提醒", "Reminder")},
    ),
    Resource(name="org.principal", zh="登录主体", en="principal", scopes={"read": ONLY_ADMIN}),
    Resource(name="org.leave", zh="休假", en="leave", scopes={"write": EVERYBODY}),
    Resource(name="org.reference", zh="代码表", en="code list", scopes={"read": EVERYBODY}),
    Resource(name="org.operator", zh="运营", en="operator", scopes={"admin": ONLY_ADMIN}),
    *common_resources(
        "org",
        imports=PEOPLE,
        exports=PEOPLE,
        field_editors=PEOPLE,
        tenant={"read": EVERYBODY, "write": ONLY_ADMIN, "admin": ONLY_ADMIN},
    ),
)
