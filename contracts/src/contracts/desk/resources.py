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
        notices={"APPROVAL_ENDED": ("审批结束", "Approval ended")},
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
    *common_resources("desk", exports=SALES),
)
