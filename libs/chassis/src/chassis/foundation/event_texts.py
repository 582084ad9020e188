"""Texts of the codes of events, their copies and their repair in zh-CN and en."""

TEXTS: dict[str, tuple[str, str]] = {
    "EVENT_RESEND_NOT_FOUND": (
        "没有该重发请求。",
        "There is no such request to send events again.",
    ),
    "OPERATORS_ONLY": (
        "只有平台运营方可以执行此操作。",
        "Only operators of the platform may do this.",
    ),
    "PARKED_EVENT_NOT_FOUND": ("没有该搁置事件。", "The parked event does not exist."),
    "PARKED_EVENT_REDRIVEN": ("该事件已重新处理成功。", "The event has already been applied."),
    "PARKED_EVENT_SKIPPED": ("该事件已被跳过。", "The event has already been skipped."),
    "PARKED_EVENT_UNREADABLE": (
        "该事件无法解析，只能跳过。",
        "The event cannot be decoded; it can only be skipped.",
    ),
    "AGGREGATE_UNKNOWN": (
        "没有聚合“{value}”；可选：{allowed}。",
        "There is no aggregate {value}; known: {allowed}.",
    ),
    "REBUILD_NOT_FOUND": ("没有该重建任务。", "The rebuild does not exist."),
    "REBUILD_RUNNING": ("该副本正在重建。", "The replica is already being rebuilt."),
    "REPLICA_UNKNOWN": (
        "没有副本“{value}”；可选：{allowed}。",
        "There is no replica {value}; known: {allowed}.",
    ),
    "RUN_ENDED": (
        "该任务已经结束，无法取消。",
        "It has already ended and cannot be cancelled.",
    ),
    "SNAPSHOT_NOT_FOUND": ("没有该快照。", "The snapshot does not exist."),
    "SNAPSHOT_RUNNING": ("已有快照正在进行。", "Another snapshot is still in progress."),
}
