"""The driver's end of one worker process."""

import json
import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeAlias

import cloudpickle

from shotlist.engine.devices import visible
from shotlist.engine.tasks import At, Job, Task

# The driver's search path, since a recipe may import from beside it; -P, since the folder in which the user
# happens to be must not lend its queue.py to anybody.
_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from shotlist.engine.worker import main; main()"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class WorkerProcess:
    """Starts a worker; its answers arrive in ``inbox`` as (worker, message), None when it has died.

    ``threads`` is how many a library may use inside of it, ``gpus`` the only ones that it sees. ``quiet`` counts
    the seconds without a message while it has a ``task``; ``at`` is what it said last.
    """

    def __init__(self, job: Job, inbox: "Inbox", threads: int = 1, gpus: tuple[str, ...] = ()) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | dict.fromkeys(_THREADS, str(threads)) | visible(gpus),
            process_group=0,  # Ctrl-C is for the driver, which ends its workers
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._process.stdin.close()
        self._process.stdout.close()
        self.task: Task | None = None
        self.at: At | None = None
        self.quiet = 0.0
        self.tasks_done = 0
        self.gpus = gpus
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()
        with suppress(OSError):  # should it be dead already, the listener tells
            self._requests.send_bytes(cloudpickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL))

    def _listen(self, inbox: "Inbox") -> None:
        while True:
            try:
                message = self._answers.recv()
            except Exception:  # closed, or an answer that makes no sense: both mean that it is lost
                inbox.put((self, None))
                return
            inbox.put((self, message))

    def start(self, task: Task) -> None:
        """Hand over a task; should the process be dead, the listener tells."""
        self.task, self.at, self.quiet = task, None, 0.0
        with suppress(OSError):
            self._requests.send(task)

    @property
    def memory_gb(self) -> float:
        """What the process holds in memory now; 0 where the system does not tell."""
        try:
            return int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]) * _PAGE_BYTES / 1e9
        except (OSError, IndexError):
            return 0.0

    def close(self) -> None:
        """End the process at once and give back its files."""
        self._process.kill()
        self._process.wait()
        self._requests.close()
        self._errors.close()

    def how_it_died(self) -> str:
        """What is known of a dead process: the signal or exit code, and the last line it wrote."""
        try:
            code = self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            return "it stopped to answer"
        try:
            how = f"signal {-code}, {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        except ValueError:
            how = f"signal {-code}"
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode(errors="replace").strip().splitlines()
        return f"{how}: {lines[-1].strip()}" if lines and code > 0 else how


Inbox: TypeAlias = "queue.Queue[tuple[WorkerProcess, Any]]"
