import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shotlist.errors import MediaError
from shotlist.models.cache import Cache, key_of, usual_file
from shotlist.models.contracts import Answer, Footage, Heard, Request, Still

ANSWER = Answer("A man walks.", None, "m", 12, 4, 0.5, "stop", weights="0123456789abcdef")
REQUEST = Request(("Describe.", Still(0, b"jpeg"), Footage((Still(0, b"a"), Still(1, b"b")))), "Be brief.")


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, parts=("Describe!", *REQUEST.parts[1:])),
        replace(REQUEST, parts=REQUEST.parts[::-1]),
        replace(REQUEST, parts=("Describe.", Still(1, b"jpeg"), REQUEST.parts[2])),
        replace(REQUEST, parts=("Describe.", Still(0, b"jpeh"), REQUEST.parts[2])),
        replace(REQUEST, parts=("Describe.", Still(0, b"jpeg"), Still(0, b"a"), Still(1, b"b"))),
        replace(REQUEST, parts=(*REQUEST.parts, Heard(np.zeros(4, np.float32)))),
        replace(REQUEST, system=""),
        replace(REQUEST, max_tokens=9),
        replace(REQUEST, temperature=0.5),
        replace(REQUEST, seed=1),
        replace(REQUEST, json=True),
    ],
)
def test_whatever_differs_in_a_request_names_another_answer(other: Request):
    assert key_of("m", other) != key_of("m", REQUEST)


def test_the_same_request_names_the_same_answer_but_another_model_does_not():
    assert key_of("m", REQUEST) == key_of("m", replace(REQUEST))
    assert key_of("m", REQUEST) != key_of("n", REQUEST)


def test_an_answer_comes_back_marked_and_free(tmp_path: Path):
    cache = Cache(tmp_path / "deep" / "answers.sqlite")
    assert cache.get(b"k") is None
    cache.put(b"k", replace(ANSWER, cost=0.25))
    cache.close()
    assert Cache(cache.file).get(b"k") == replace(ANSWER, cached=True, cost=0.0)


def test_failures_are_not_kept(tmp_path: Path):
    cache = Cache(tmp_path / "answers.sqlite")
    cache.put(b"k", Answer(None, MediaError("time limit", "It took too long.", True)))
    assert cache.get(b"k") is None


def test_the_usual_file_lies_in_the_users_cache(empty_cache: Path):
    assert usual_file().parent == empty_cache / "shotlist"


def test_a_damaged_cache_is_a_warning(tmp_path: Path):
    file = tmp_path / "answers.sqlite"
    file.write_bytes(b"no database at all, but long enough to be taken for a header" * 100)
    cache = Cache(file)
    with pytest.warns(UserWarning, match=r"the cache .*answers.sqlite can't be used .*Delete it if it is damaged"):
        assert cache.get(b"k") is None
    cache.put(b"k", ANSWER)  # warns only once
    assert cache.get(b"k") is None


def test_a_damaged_answer_is_a_warning(tmp_path: Path):
    cache = Cache(tmp_path / "answers.sqlite")
    cache.put(b"k", ANSWER)
    with sqlite3.connect(cache.file) as connection:
        connection.execute("UPDATE answers SET answer = '[1,'")
    connection.close()
    with pytest.warns(UserWarning, match="can't be used"):
        assert cache.get(b"k") is None


def test_a_place_where_no_cache_can_be_is_a_warning(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.warns(UserWarning, match="can't be used"):
        Cache(tmp_path / "file" / "answers.sqlite").put(b"k", ANSWER)


def test_a_cache_that_may_not_be_written_is_read(tmp_path: Path):
    cache = Cache(tmp_path / "answers.sqlite")
    cache.put(b"k", ANSWER)
    cache.close()
    code = f"""
import os
from pathlib import Path
os.access = lambda path, mode: mode != os.W_OK  # the one who runs the tests may be allowed everything
from shotlist.models.cache import Cache
from shotlist.models.contracts import Answer
cache = Cache(Path({str(cache.file)!r}))
cache.get(b"k")
cache.put(b"new", Answer("x"))
print(cache.get(b"k").text, cache.get(b"new"))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "A man walks. None\n"


WRITER = """
import sys
from pathlib import Path
from shotlist.models.cache import Cache
from shotlist.models.contracts import Answer
cache = Cache(Path(sys.argv[1]))
for k in range(int(sys.argv[3])):
    cache.put(f"{sys.argv[2]} {k}".encode(), Answer(f"text {k}"))
    print(k, flush=True)
"""


def test_processes_share_a_cache_and_being_killed_costs_nothing_that_was_kept(tmp_path: Path):
    file = tmp_path / "answers.sqlite"
    start = [sys.executable, "-c", WRITER, str(file)]
    first, second = (subprocess.Popen([*start, n, "100000"], stdout=subprocess.PIPE, text=True) for n in "ab")
    time.sleep(1.5)
    for process in (first, second):
        process.send_signal(signal.SIGKILL)
    kept = [int(p.communicate()[0].rsplit("\n", 2)[-2]) for p in (first, second)]
    assert min(kept) > 10
    cache = Cache(file)
    for name, last in zip("ab", kept, strict=True):
        assert all(cache.get(f"{name} {k}".encode()) for k in range(last + 1))
    cache.put(b"later", ANSWER)
    assert cache.get(b"later")


def test_a_forked_worker_opens_the_file_anew(tmp_path: Path):
    cache = Cache(tmp_path / "answers.sqlite")
    cache.put(b"k", ANSWER)
    pid = os.fork()
    if pid == 0:
        cache.put(b"child", ANSWER)
        os._exit(0 if cache.get(b"k") else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert cache.get(b"child")
