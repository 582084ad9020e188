"""Texts for the codes of files, in Chinese and English."""

from chassis.foundation.texts import Text

FILE_TEXTS: dict[str, Text] = {
    "FILE_TOO_LARGE": Text(
        "文件超过 {mebibytes} MB 的上限。", "A file may have at most {mebibytes} MB."
    ),
    "FILE_STORAGE_FULL": Text(
        "存储空间已满，请联系管理员。", "The storage is full. Please ask your administrator."
    ),
    "FILE_UPLOADS_OPEN": Text(
        "您已有 {count} 个未完成的上传（上限 {limit} 个），请先完成或放弃其中一些。",
        "You have {count} uploads that are not complete, and may have {limit}. Please complete or"
        " give up some of them first.",
    ),
    "FILE_TYPE_REFUSED": Text(
        "不允许上传此类型的文件（{media_type}）。",
        "Files of this type ({media_type}) are not admitted.",
    ),
    "FILE_PART_UNKNOWN": Text(
        "该文件只有 {count} 个分片，没有第 {number} 个。",
        "The file has {count} parts, and none with the number {number}.",
    ),
    "FILE_PART_SIZE_WRONG": Text("该分片应为 {bytes} 字节。", "This part must have {bytes} bytes."),
    "FILE_PARTS_MISSING": Text(
        "还有 {count} 个分片未上传，第一个是第 {first} 个。",
        "There are {count} parts missing, of which the first is number {first}.",
    ),
    "FILE_CHECKSUM_WRONG": Text(
        "内容与校验值不符，请重新上传。",
        "The content differs from its checksum. Please send it again.",
    ),
    "FILE_CHECKSUM_MALFORMED": Text(
        "无法读取分片的 SHA-256 校验值。", "The SHA-256 of the part cannot be read."
    ),
    "FILE_COMPLETE": Text("该文件已上传完成。", "The upload of this file is complete."),
    "FILE_NOT_COMPLETE": Text("该文件尚未上传完成。", "The file is still being uploaded."),
    "FILE_NOT_CHECKED": Text(
        "该文件正在等待检查，请稍后再试。",
        "The file is waiting for its check. Please try again later.",
    ),
    "FILE_NOT_CHECKABLE": Text("该文件无法再次检查。", "This file cannot be checked again."),
    "FILE_INFECTED": Text("该文件含有病毒，已被删除。", "The file had a virus and was removed."),
    "FILE_BROKEN": Text(
        "该文件在上传时损坏，请重新上传。",
        "The file was damaged during its upload. Please upload it again.",
    ),
    "FILE_ERASED": Text("该文件已被清除。", "The file was erased."),
    "FILE_ATTACHED": Text(
        "该文件仍附在记录上，请先从记录中移除。",
        "A record still has this file. Please detach it there first.",
    ),
    "FILE_STORE_UNAVAILABLE": Text(
        "文件存储暂时不可用，请稍后再试。",
        "The store of files does not answer. Please try again later.",
    ),
    "RANGE_UNSATISFIABLE": Text(
        "请求的范围超出了文件末尾。", "The requested range begins behind the end of the file."
    ),
    "FileStatus.UPLOADING": Text("上传中", "Uploading"),
    "FileStatus.CHECKING": Text("检查中", "Being checked"),
    "FileStatus.READY": Text("可用", "Ready"),
    "FileStatus.INFECTED": Text("含病毒", "Infected"),
    "FileStatus.BROKEN": Text("已损坏", "Damaged"),
    "FileStatus.UNCHECKED": Text("未能检查", "Could not be checked"),
    "FileStatus.ERASED": Text("已清除", "Erased"),
}
