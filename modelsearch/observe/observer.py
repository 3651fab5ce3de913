"""Hands a run's events to whoever is told of them; one that fails is told of no more, and the search never knows."""

import logging
from collections.abc import Sequence
from typing import Protocol

from modelsearch.core.events import Event

_LOG = logging.getLogger("modelsearch.observe")


class Listener(Protocol):
    """Is told of a run."""

    def take(self, event: Event) -> None:
        """An event that is durable."""
        ...

    def close(self, error: str) -> None:
        """The run is open no more; `error` names the type of what ended it, "" = its own end."""
        ...


class Observer:
    """Several listeners as one that never raises."""

    def __init__(self, listeners: Sequence[Listener]) -> None:
        self._listeners = list(listeners)

    def take(self, event: Event) -> None:
        """Tell all."""
        for listener in self._listeners:
            try:
                listener.take(event)
            except Exception as error:  # noqa: BLE001 - telemetry must not end a search that is paid for
                self._listeners = [each for each in self._listeners if each is not listener]
                _LOG.warning("telemetry: %s failed (%s); this run goes on without it", _name(listener), _name(error))

    def close(self, error: str = "") -> None:
        """Tell all that it is over."""
        for listener in self._listeners:
            try:
                listener.close(error)
            except Exception as failure:  # noqa: BLE001 - as above
                _LOG.warning("telemetry: %s failed (%s)", _name(listener), _name(failure))
        self._listeners = []


def _name(value: object) -> str:
    return type(value).__name__
