"""Limits of spending on a cluster: all workers keep them together, and what was answered is paid once."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from servers.processes import running
from shotlist import Dataset

from .conftest import Way

pytestmark = [pytest.mark.xdist_group("ray"), pytest.mark.filterwarnings("ignore")]
pytest.importorskip("ray")


def test_workers_keep_a_limit_together_and_a_second_run_goes_on(cluster: Any, tiny_films: Path, tmp_path: Path) -> None:
    way, out = Way("ray", cluster.cluster.address), tmp_path / "out"
    with running("faulty.py") as url:

        def asked() -> int:
            with urllib.request.urlopen(f"{url.removesuffix('/v1')}/log") as answer:
                return len(json.load(answer)["asked"])

        teacher = ["--teacher", f"openai:ok@{url}", "--shard-videos", "1"]
        done = way.build([tiny_films], out, *teacher, "--max-requests", "4")
        assert done.code == 5
        assert "stopped by --max-requests 4" in done.summary["stopped"]
        assert asked() == 4
        assert Dataset(out).read_json("spent.json")["ok"] == {
            "requests": 4,
            "tokens_in": 28,
            "tokens_out": 12,
            "cost": 0.0,
        }
        done = way.build([], out, "--max-requests", "none")
        assert done.code == 0, done.told
        assert asked() == 6
        assert done.summary["spent"]["ok"]["requests"] == 6
    assert Dataset(out).sql("SELECT count(text) FROM teacher_ok").fetchall() == [(6,)]
