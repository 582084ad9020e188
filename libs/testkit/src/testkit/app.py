"""The sample service's API."""

from fastapi import FastAPI

from chassis.app import create_app
from chassis.settings import Settings
from chassis.texts import Text
from testkit.notes import router

TEXTS = {"NOTE_FORBIDDEN": Text("不许写：{text}", "Not to be written: {text}")}


def create() -> FastAPI:
    return create_app(
        Settings.of("testkit"),
        title="Notes",
        description="The sample service the chassis is tested with.",
        routers=[router],
        texts=TEXTS,
    )
