"""Texts of bulk changes, in Chinese and English."""

from chassis.foundation.texts import Text

BULK_TEXTS: dict[str, Text] = {
    "BULK_CHANGE_NOT_FOUND": Text("没有该批量修改。", "There is no such bulk change."),
    "BULK_TOO_LARGE": Text(
        "一次最多修改 {maximum} 条线索，请缩小筛选范围。",
        "At most {maximum} leads can be changed at once. Please narrow the selection.",
    ),
    "BULK_NOT_DONE": Text(
        "批量修改仍在进行，完成后才能撤销。",
        "The bulk change is still at work. It can be undone once it is done.",
    ),
    "BULK_CHANGE_EMPTY": Text(
        "请至少指定一项要修改的内容。", "Please name at least one thing to change."
    ),
    "BULK_CHANGE_TWO_OWNERS": Text(
        "请指定负责人或按规则分配，二者选一。",
        "Please name an owner or let the rules choose, not both.",
    ),
    "BULK_CHANGE_NO_HEIR": Text(
        "请指定由谁接手离职人员的线索：另一位负责人，或按规则分配。",
        "Please say who takes over from the person who leaves: another owner, or the rules.",
    ),
    "BulkState.RUNNING": Text("进行中", "At work"),
    "BulkState.DONE": Text("已完成", "Done"),
    "BulkState.UNDOING": Text("撤销中", "Being undone"),
    "BulkState.UNDONE": Text("已撤销", "Undone"),
    "BulkState.FAILED": Text("未能完成", "Could not be completed"),
    "BulkOutcome.WAITING": Text("等待中", "Waiting"),
    "BulkOutcome.CHANGED": Text("已修改", "Changed"),
    "BulkOutcome.UNCHANGED": Text("无需修改", "Nothing to change"),
    "BulkOutcome.REFUSED": Text("未修改", "Not changed"),
    "BulkOutcome.UNDONE": Text("已恢复", "Restored"),
    "BulkOutcome.EDITED_SINCE": Text("之后又被修改，未恢复", "Edited since, so not restored"),
}
