"""The driver's end of one worker process."""

import os
import pickle
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from shotlist.engine.work import At, Job, Task


class WorkerProcess:
    """Starts a worker; its answers arrive in ``inbox`` as (worker, message), None when it has died."""

    def __init__(self, job: Job, inbox: "queue.Queue[tuple[WorkerProcess, Any]]") -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "shotlist.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._requests = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._answers = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._process.stdin.close()
        self._process.stdout.close()
        self.task: Task | None = None
        self.at: At | None = None
        self.seen = time.monotonic()
        self.tasks_done = 0
        self._requests.send((sys.path, cloudpickle.dumps(job, protocol=pickle.HIGHEST_PROTOCOL)))
        threading.Thread(target=self._listen, args=(inbox,), daemon=True).start()

    def _listen(self, inbox: "queue.Queue[tuple[WorkerProcess, Any]]") -> None:
        while True:
            try:
                message = self._answers.recv()
            except (EOFError, OSError):
                inbox.put((self, None))
                return
            except Exception as error:  # an answer that can't be unpickled is the same as none
                inbox.put((self, error))
                continue
            inbox.put((self, message))

    def start(self, task: Task) -> bool:
        """Hand over a task; False when the process is no longer there."""
        self.task, self.at, self.seen = task, None, time.monotonic()
        try:
            self._requests.send(task)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End the process and give back its files."""
        self.kill()
        self._requests.close()
        self._errors.close()

    def how_it_died(self) -> str:
        """What is known of a dead process: the signal or exit code, and the last line it wrote."""
        code = self._process.wait()
        try:
            how = f"signal {-code}, {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        except ValueError:
            how = f"signal {-code}"
        self._errors.seek(0)
        lines = self._errors.read()[-4000:].decode(errors="replace").strip().splitlines()
        return f"{how}: {lines[-1].strip()}" if lines and code > 0 else how
