"""The report's section about captions that models wrote."""

from report_rows import clip, measured

from shotlist.dataset import Dataset
from shotlist.records import Failure
from shotlist.report.page import _environment
from shotlist.report.tables import Tables
from shotlist.report.teachers import teachers


def caption(k: int, text: str | None) -> dict[str, object]:
    row = measured(clip("a", k * 1_000_000, (k + 1) * 1_000_000), text=text, model="<b>vlm</b>", prompt="strip")
    return row | {"prompt_digest": "d", "tokens_in": 1200, "tokens_out": 30, "cost": 0.01, "seconds": 2.0}


def drawn(dataset: Dataset) -> str:
    dataset.refresh()
    with Tables(dataset) as tables:
        return _environment().get_template("teachers.html.j2").render(teachers=teachers(tables))


def test_without_a_model_there_is_no_such_section(small: Dataset) -> None:
    assert drawn(small).strip() == ""


def test_teachers_stand_side_by_side(small: Dataset, put) -> None:
    lost = Failure("a", "teacher_x", "refused", "It would not say.", True, "a_0_1000")
    put("teacher_x", [caption(k, "A man walks along the sea.") for k in range(4)], [lost])
    put("teacher_y", [caption(k, "A man is running.") for k in range(3)])
    page = " ".join(drawn(small).split())
    assert "teacher_x<small>&lt;b&gt;vlm&lt;/b&gt;, strip</small>" in page
    assert '<td class="n">4</td><td class="n">1</td><td class="n">6.0</td>' in page
    assert "4,800 + 120" in page
    assert '<td class="n">0.04</td><td class="n">2 s</td>' in page
    assert '<thead><tr><td></td><th scope="col" class="n">caption</th><th scope="col" class="n">teacher_x</th>' in page
    assert 'title="shared words of teacher_x and teacher_y, 3 clips" style="--part:0.25">0.25</td>' in page
    assert 'title="ROUGE-L of teacher_x and teacher_y, 3 clips" style="--part:' in page
