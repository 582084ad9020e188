"""The resources of DESK."""

from typing import Final

from contracts.resources import (
    DIRECTION,
    EVERYBODY,
    FINANCE,
    ONLY_ADMIN,
    SALES,
    SALES_MANAGEMENT,
    Resource,
    common_resources,
    editable,
)

# Everybody asks, and anybody may be asked: flows say who decides.
RESOURCES: Final = (
    Resource(
        name="desk.approval",
        zh="审批",
        en="approval",
        scopes={
            "read": EVERYBODY,
            "write": EVERYBODY,
            "all": DIRECTION,
            "figures": SALES_MANAGEMENT | FINANCE,
        },
        owned=True,
        notices={
            "APPROVAL_ENDED": ("审批结束", "Approval ended"),
            "APPROVAL_NOBODY": ("找不到审批人", "Nobody can decide"),
        },
        aggregates=("desk.attachment",),
    ),
    Resource(
        name="desk.approval_task",
        zh="审批任务",
        en="approval task",
        scopes={"read": EVERYBODY, "write": EVERYBODY, "decide_for": ONLY_ADMIN},
        tasks={"DECIDE_APPROVAL": ("审批", "Decide on a request")},
        notices={"APPROVAL_WAITS": ("审批催办", "An approval waits")},
    ),
    editable(
        "desk.approval_flow",
        zh="审批流程",
        en="approval flow",
        read=SALES_MANAGEMENT | FINANCE,
        write=DIRECTION,
    ),
    editable(
        "desk.approval_setting",
        zh="审批设置",
        en="approval setting",
        read=SALES_MANAGEMENT | FINANCE,
        write=ONLY_ADMIN,
    ),
    # Everybody uploads, and sees what they uploaded; who may open a file is decided by the service
    # of its record. `read` lists the files of all people, without opening any.
    Resource(
        name="desk.file",
        zh="文件",
        en="file",
        scopes={"read": ONLY_ADMIN, "write": EVERYBODY},
        notices={
            "FILE_INFECTED": ("文件含病毒", "File with a virus"),
            "FILE_BROKEN": ("文件损坏", "Damaged file"),
            "FILE_UNCHECKED": ("文件未能检查", "File could not be checked"),
        },
    ),
    editable(
        "desk.file_setting", zh="文件设置", en="file setting", read=EVERYBODY, write=ONLY_ADMIN
    ),
    editable(
        "desk.message_template",
        zh="消息模板",
        en="message template",
        read=SALES_MANAGEMENT,
        write=DIRECTION,
    ),
    # Whoever reads messages reads addresses and texts of all people's customers.
    Resource(
        name="desk.message",
        zh="外发消息",
        en="message",
        scopes={"read": DIRECTION, "write": DIRECTION},
        notices={"MESSAGE_FAILED": ("消息未能送出", "Message not sent")},
    ),
    editable(
        "desk.message_ban",
        zh="免打扰地址",
        en="message ban",
        read=SALES_MANAGEMENT,
        write=SALES_MANAGEMENT,
    ),
    *common_resources("desk", imports=DIRECTION, exports=SALES),
)
