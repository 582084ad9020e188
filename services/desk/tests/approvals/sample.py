"""A sample request, which a rule has approved at once, so that nobody was asked."""

from chassis.foundation.clock import now
from chassis.web.commands import Command
from desk.flows.schemas.bodies import FlowBody
from desk.flows.store import VERSIONS
from rules.versions import Draft, publish
from services.desk.tests.factories import KIND, ask, asked, flow, row
from testkit.directory import subject
from testkit.samples import Maker, Sample


async def approval(maker: Maker) -> str:
    passes = flow([row("all", {"verdict": "APPROVE"})])
    content = FlowBody.model_validate({**passes, "fallback": None}).content
    async with maker.begin() as tx:
        command = Command(tx, now(), actor=subject("li"))
        latest = await VERSIONS.latest(tx, KIND)
        if latest is None:
            draft = Draft(content=content, based_on=0)
            version = publish(None, draft, by=subject("li"), at=command.now)
            await VERSIONS.add(tx, KIND, version)
        return str(await ask(tx, asked("li")))


SAMPLES = {"desk.approval": Sample(make=approval)}
