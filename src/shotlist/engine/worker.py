"""A worker process: takes tasks on standard input, answers on standard output.

It is a process of its own because codecs crash, leak and hang, and a crash must cost no more than one video.
"""

import ctypes
import gc
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from shotlist.engine.tasks import At, Done, Fatal, Job, Task
from shotlist.engine.work import ShardWorker
from shotlist.errors import ModelError, ShotlistError
from shotlist.models import account
from shotlist.models.budget import LimitReached

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def main() -> None:
    """Serve until the other side closes."""
    if sys.platform == "linux":
        # The listener below notices too, but not while a library holds the interpreter.
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    requests = Connection(os.dup(0), writable=False)
    job: Job = pickle.loads(requests.recv_bytes())
    account.use(account.opened(job.spending, job.counter))
    tasks: queue.Queue[Task] = queue.Queue()
    threading.Thread(target=_listen, args=(requests, tasks), daemon=True).start()
    _quiet_codecs()
    gc.freeze()  # what is imported stays: looking through it at each collection would take longer than the rest
    worker: ShardWorker | None = None
    while True:
        task = tasks.get()
        try:
            worker = worker or ShardWorker(job, answers.send)
            answer: At | Done | Fatal = worker.do(task)
        except ShotlistError as error:
            answer = Fatal(str(error), isinstance(error, LimitReached), isinstance(error, ModelError))
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}, line {frame.lineno}"
            answer = Fatal(f"{type(error).__name__}: {error} ({place}; please report this)")
        answers.send(answer)


def _listen(requests: Connection, tasks: "queue.Queue[Any]") -> None:
    while True:
        try:
            tasks.put(requests.recv())
        except (EOFError, OSError):
            os._exit(0)  # the driver is gone: leave at once, whatever is half done is only staged


def _quiet_codecs() -> None:
    import av

    av.logging.set_level(av.logging.PANIC)  # what is wrong with a file is said in its row, not on the screen
