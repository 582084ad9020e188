"""The sample service's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Text
from testkit import card_links, notes
from testkit.cards.routes import ROUTERS as CARDS

TEXTS = {
    "NOTE_FORBIDDEN": Text("不许写：{text}", "Not to be written: {text}"),
    "CARD_UNDATED": Text("没有到期日。", "It has no due date."),
    "CARD_PARENT_UNKNOWN": Text("没有上级卡片。", "There is no such card above it."),
    "Stage.TO_DO": Text("待办", "To do"),
    "Stage.DOING": Text("进行中", "Doing"),
    "Stage.DONE": Text("已完成", "Done"),
    "CARD_NOT_FOUND": Text("没有这张卡片。", "There is no such card."),
}


def create() -> FastAPI:
    return create_app(
        Settings.of("testkit"),
        title="Notes",
        description="The sample service the chassis is tested with.",
        routers=[notes.router, *CARDS, *card_links.ROUTERS],
        texts=TEXTS,
        replicas=["testkit.notes"],
    )
