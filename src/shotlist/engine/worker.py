"""A worker process: ``python -m shotlist.engine.worker`` takes tasks on standard input, answers on standard output.

It is a process of its own because codecs crash, leak and hang, and a crash must cost no more than one video.
"""

import os
import pickle
import queue
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import Any

from shotlist.engine.work import Job, ShardWorker, Task


def main() -> None:
    """Serve until the other side closes."""
    answers = Connection(os.dup(1), readable=False)
    os.dup2(2, 1)  # whatever a library prints must not end up between the answers
    tasks: queue.Queue[Task] = queue.Queue()
    requests = Connection(os.dup(0), writable=False)
    paths, packed = requests.recv()
    sys.path[:] = paths
    job: Job = pickle.loads(packed)
    _quiet_codecs()
    threading.Thread(target=_listen, args=(requests, tasks), daemon=True).start()
    try:
        worker = ShardWorker(job, lambda at: answers.send(at))
    except Exception:
        answers.send(_fatal())
        return
    while True:
        task = tasks.get()
        try:
            answers.send(worker.do(task))
        except OSError as error:
            answers.send(Fatal(f"{error.strerror or error}: {error.filename or job.dataset}"))
        except Exception:
            answers.send(_fatal())


def _listen(requests: Connection, tasks: "queue.Queue[Any]") -> None:
    while True:
        try:
            tasks.put(requests.recv())
        except (EOFError, OSError):
            os._exit(0)  # the driver is gone: leave at once, whatever is half done is only staged


class Fatal(Exception):
    """A fault of the surroundings, not of one video; ends the build."""


def _fatal() -> Fatal:
    return Fatal(traceback.format_exc(limit=8))


def _quiet_codecs() -> None:
    import av

    av.logging.set_level(av.logging.PANIC)  # what is wrong with a file is said in its row, not on the screen


if __name__ == "__main__":
    from shotlist.engine.worker import main as entry  # so that Fatal has one name on both sides

    entry()
