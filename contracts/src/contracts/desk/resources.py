"""The resources of DESK."""

from typing import Final

from contracts.resources import EVERYBODY, ONLY_ADMIN, SALES, Resource, common_resources, editable

RESOURCES: Final = (
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
    *common_resources("desk", imports=SALES, exports=SALES),
)
