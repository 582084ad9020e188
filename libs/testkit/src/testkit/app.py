"""The sample service's API."""

from fastapi import FastAPI

from chassis.composition.app import create_app
from chassis.files.imports.routes import import_router
from chassis.foundation.settings import Settings
from chassis.foundation.texts import Text
from chassis.records.custom_fields.routes import custom_field_router
from testkit import card_imports, card_links, cards, notes

TEXTS = {
    "NOTE_FORBIDDEN": Text("不许写：{text}", "Not to be written: {text}"),
    "CARD_UNDATED": Text("没有到期日。", "It has no due date."),
    "CARD_PARENT_UNKNOWN": Text("没有上级卡片。", "There is no such card above it."),
    "Stage.TO_DO": Text("待办", "To do"),
    "Stage.DOING": Text("进行中", "Doing"),
    "Stage.DONE": Text("已完成", "Done"),
    "ImportIn.kind.CARDS": Text("卡片", "Cards"),
    "CARD_NOT_FOUND": Text("没有这张卡片。", "There is no such card."),
}


def create() -> FastAPI:
    return create_app(
        Settings.of("testkit"),
        title="Notes",
        description="The sample service the chassis is tested with.",
        routers=[
            notes.router,
            *cards.ROUTERS,
            *card_links.ROUTERS,
            custom_field_router("testkit", {cards.CARD.scoped.resource: cards.CARD.table}),
            import_router(card_imports.IMPORTS),
        ],
        texts=TEXTS,
        replicas=["testkit.notes"],
    )
