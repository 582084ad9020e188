"""Starts walks at a steady rate, and sees them to their ends."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.soak.client import Caller, Refused, Unanswered
from tests.soak.journal import Journal
from tests.soak.stage import Stage, Walk, WalkEnds

MOST_AT_ONCE = 24
LOOK_SECONDS = 1.0


@dataclass
class Driver:
    """Drives the stages for all walks of a run."""

    stages: Sequence[Stage]
    callers: dict[str, Caller]
    journal: Journal
    shared: dict[str, Any] = field(default_factory=dict)
    started: int = 0
    _running: set[asyncio.Task[None]] = field(default_factory=set)

    async def prepare(self) -> None:
        """Create what all walks use."""
        for stage in self.stages:
            self.shared |= await stage.prepare(self.callers)

    async def drive(self, seconds: float, rate: float) -> None:
        """Start `rate` walks a second for so long; a slow system gets fewer."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if len(self._running) < MOST_AT_ONCE:
                task = asyncio.create_task(self._walk(self.started), name=f"walk {self.started}")
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                self.started += 1
            await asyncio.sleep(1 / rate)

    async def finish(self, patience: float) -> None:
        """Wait for the walks under way; they are faults once no write was answered for so long."""
        began = time.monotonic()
        while self._running:
            await asyncio.wait(self._running, timeout=LOOK_SECONDS)
            idle = time.monotonic() - max(began, self.journal.progress_at)
            if idle > patience:
                break
        unfinished = list(self._running)
        for task in unfinished:
            self.journal.faults.append(f"{task.get_name()} stands still")
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)

    async def _walk(self, nth: int) -> None:
        walk = Walk(nth, self.callers, self.shared)
        for stage in self.stages:
            try:
                await stage.run(walk)
            except WalkEnds:
                break
            except (Refused, Unanswered) as reason:
                self.journal.faults.append(f"walk {nth}, {stage.name}: {reason}")
                break
        self.journal.counts["walks ended"] += 1
