"""A Ray actor: one worker process that does one group's steps, shard by shard."""

import json
import os
import pickle
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from shotlist import __version__
from shotlist.dataset import Dataset
from shotlist.engine.crew import Crew, Room
from shotlist.engine.plan import Fingerprints, ShardPlan
from shotlist.engine.ray import Assignment, Row, _done, _told
from shotlist.engine.run import Event, ShardDone
from shotlist.engine.tasks import Done
from shotlist.errors import ShotlistError
from shotlist.parts import Part

_NEWS_SECONDS = 1.0


class News:
    """Collects what actors tell the driver while they work; a courtesy, nothing is lost with it."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(self, events: list[Event]) -> None:
        """Tell."""
        self._events += events

    def take(self) -> list[Event]:
        """Hear, once."""
        found, self._events = self._events, []
        return found
