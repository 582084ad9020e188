"""Gauges that are read anew for every scrape: what is not there has no value.

A gauge that a process keeps goes on showing its last value after the process has lost what it
tells of, such as a lock, a partition or the broker.
"""

import platform
from collections.abc import Awaitable, Callable

from prometheus_client import CollectorRegistry, Gauge, generate_latest


class StateGauges:
    """The gauges of one scrape."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._gauges: dict[str, Gauge] = {}

    def show(self, name: str, text: str, value: float | None, **labels: str) -> None:
        """Add a value, unless there is none; `text` explains the gauge."""
        if value is None:
            return
        if name not in self._gauges:
            self._gauges[name] = Gauge(name, text, list(labels), registry=self._registry)
        self._gauges[name].labels(**labels).set(float(value))

    def value(self, name: str, **labels: str) -> float | None:
        """Return a value, None where it is absent."""
        return self._registry.get_sample_value(name, labels)

    def exposition(self) -> bytes:
        """Return all values as Prometheus reads them."""
        return generate_latest(self._registry)


StateReader = Callable[[StateGauges], Awaitable[None]]


def build_info(revision: str) -> StateReader:
    """Return the reader of the build that runs."""

    async def read(gauges: StateGauges) -> None:
        gauges.show(
            "l2c_build_info",
            "The build that runs",
            1,
            revision=revision,
            python=platform.python_version(),
        )

    return read
