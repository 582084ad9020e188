"""Starts the process that trains a model, and reads its answer.

Training loads a numerical library and keeps a core busy for seconds. In a process of its own it
holds up no job of the worker, and its memory goes with it.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from scoring.example_json import example_to_json
from scoring.examples import Example

LONGEST_SECONDS: Final = 600.0
_NICE: Final = ("nice", "-n", "10")  # requests come first


class TrainingFailed(RuntimeError):
    """The process that trains ended without an answer; the text is the end of its errors."""


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """From what a model is trained: the examples, and what is known about their fields.

    `written_later` names fields that were written after the outcome with the reason, `confirmed`
    those that were not although they look so (see `LeakageRules`).
    """

    version: int
    examples: Sequence[Example]
    written_later: Mapping[str, str] = field(default_factory=dict)
    confirmed: Sequence[str] = ()

    def to_json(self) -> bytes:
        """Return the request as the process reads it."""
        document = {
            "version": self.version,
            "examples": [example_to_json(one) for one in self.examples],
            "written_later": dict(self.written_later),
            "confirmed": list(self.confirmed),
        }
        return orjson.dumps(document)


async def train_in_process(request: TrainingRequest) -> Mapping[str, Any]:
    """Train in a process of its own; return what `training_command.trained` gives.

    The process ends with the caller. Raises TrainingFailed, also after ten minutes.
    """
    process = await asyncio.create_subprocess_exec(
        *_NICE,
        sys.executable,
        "-m",
        "scoring.training_command",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            output, errors = await process.communicate(request.to_json())
    except TimeoutError as late:
        raise TrainingFailed("training took too long") from late
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise TrainingFailed(errors.decode(errors="replace")[-2000:])
    answer: Mapping[str, Any] = orjson.loads(output)
    return answer
