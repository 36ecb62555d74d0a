"""Review in a real browser, by keyboard only: every task, a killed server, two people, a moment without the server."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from review_desk import HOSTILE, Desk, ask, drawn, lines, taught
from until import until

Start = Callable[..., AbstractContextManager[Any]]
TEACHERS = {"teacher_a": "A dog runs, {}.", "teacher_b": "A brown dog, {}.", "teacher_c": "A dog runs,  {}."}


@pytest.fixture(scope="module")
def out(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real films with three teachers, of whom two always say the same, and three hostile ones."""
    out = Path(shutil.copytree(dataset, tmp_path_factory.mktemp("taught") / "films"))
    taught(out, **TEACHERS, **{f"hostile_{k}": text for k, text in enumerate(HOSTILE)})
    return out


@pytest.fixture(scope="module")
def url(out: Path, start: Start) -> Iterator[str]:
    """A viewer on them."""
    with start(out) as running:
        yield running.url


@pytest.fixture
def offline_page(browser: Any) -> Iterator[Any]:
    """A page in which requests may fail."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_the_best_caption_is_picked_by_keyboard_only(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "pick", teachers=list(TEACHERS))
    desk = Desk(page, url, sample, "Ann").open()
    assert len(desk.captions) == 2  # what two teachers say alike stands there once
    brown = [text.startswith("A brown dog") for text in desk.captions].index(True)
    desk.press(str(brown + 1), "Enter").ready(2)
    desk.press("Enter").says("Choose a caption first")
    desk.press("b", "Enter").ready(3).press("s").ready(4)
    dog = [text.startswith("A dog runs") for text in desk.captions].index(True)
    desk.press(str(dog + 1), "Enter").ready(5)
    desk.far("3 of 5, 1 left, 1 skipped")
    told = lines(out, sample)
    assert [line["choice"] for line in told] == ["teacher_b", "all bad", "skipped", "teacher_a"]
    assert sorted(shown["teacher"] for shown in told[0]["shown"]) == sorted(TEACHERS)
    assert told[0]["seconds"] > 0
    assert told[0]["who"] == "Ann"


def test_who_has_drawn_a_sample_begins_with_enter_and_later_sees_which_teacher_won(url: str, page: Any) -> None:
    page.goto(f"{url}/review")
    page.get_by_label("Your name").fill("Eve")
    page.locator("#draw[open], #draw summary").first.click()
    page.get_by_label("Name", exact=True).fill("whose")
    page.get_by_label("Clips", exact=True).fill("2")
    page.get_by_label("Clips", exact=True).press("Enter")
    page.wait_for_url("**/review#whose*")
    begin = page.locator(".sample[id^=whose]").get_by_role("button", name="Begin")
    begin.and_(page.locator(":focus")).wait_for()
    page.keyboard.press("Enter")
    desk = Desk(page, url, "whose", "Eve")
    desk.ready(1).press("b", "Enter").ready(2).press("b", "Enter").finished()
    page.goto(f"{url}/review")
    card = page.locator(".sample[id^=whose]")
    card.get_by_role("button", name="Look again").wait_for()
    assert not card.get_by_text("all bad").is_visible()
    card.get_by_text("What was chosen").click()
    assert "100 % 2 of 2" in " ".join(card.locator("li").filter(has_text="all bad").inner_text().split())


def test_nobody_is_told_which_teacher_is_which(url: str, page: Any) -> None:
    sample = drawn(url, "pick", teachers=list(TEACHERS))
    twin = ask(f"{url}/review/{sample}?who=Ann&format=json")
    assert "teacher" not in str(twin)
    Desk(page, url, sample, "Ann").open()
    assert "teacher" not in page.content()
    orders = {
        tuple(option["key"] for option in ask(f"{url}/review/{sample}?who=p{k}&format=json")["clip"]["options"])
        for k in range(12)
    }
    assert len(orders) == 2  # everybody sees an order of their own
    again = ask(f"{url}/review/{sample}?who=Ann&format=json")
    assert again["clip"]["options"] == twin["clip"]["options"]


def test_a_clip_is_judged_with_a_reason_and_own_words(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "judge", teachers=["caption"], reasons=["too dark", "badly cut"])
    desk = Desk(page, url, sample, "Ann").open()
    desk.press("1", "Enter").ready(2).press("3", "w")
    page.keyboard.type("jumps in the middle")
    desk.press("Enter").ready(3).press("r", "w")
    page.keyboard.type("a test card")
    desk.press("Enter").ready(4)
    told = [(line["choice"], line.get("reason"), line.get("text")) for line in lines(out, sample)]
    assert told == [
        ("accept", None, None),
        ("reject", "badly cut", "jumps in the middle"),
        ("reject", "a test card", None),
    ]


def test_one_key_may_be_enough(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "judge", number=3, reasons=["too dark"])
    desk = Desk(page, url, sample, "Ann").open()
    page.get_by_label("one key is enough").check()
    desk.press("1").ready(2).press("2").ready(3).press("1")
    desk.finished()
    page.get_by_text("All 3 clips are decided").wait_for()
    assert [line["choice"] for line in lines(out, sample)] == ["accept", "reject", "accept"]


def test_a_caption_is_edited_or_confirmed(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "edit", teachers=["teacher_b"])
    desk = Desk(page, url, sample, "Ann").open()
    before = page.locator("#caption").input_value()
    page.keyboard.type("Look: ")
    desk.press("Control+Enter").ready(2).press("Control+Enter").ready(3)
    page.locator("#caption").fill("  ")
    desk.press("Control+Enter").says("The caption is empty")
    desk.press("Escape", "s").ready(4)
    told = lines(out, sample)
    assert [line["choice"] for line in told] == ["edited", "right", "skipped"]
    assert told[0]["text"] == "Look: " + before
    assert told[1]["text"].startswith("A brown dog")


def test_a_cut_is_moved_frame_by_frame(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "cut", number=3)
    desk = Desk(page, url, sample, "Ann").open()
    clip = ask(f"{url}/review/{sample}?who=Ann&at=1&format=json")["clip"]
    page.locator(".cell img").nth(7).wait_for()
    desk.press("1", "ArrowRight", "ArrowRight", "ArrowLeft", "2", "ArrowLeft", "x", " ")
    page.locator("[data-act=confirm]", has_text="Keep this cut").wait_for()
    desk.press("Enter").ready(2).press("Enter").ready(3)
    moved, right = lines(out, sample)
    edges = clip["edges"]
    start, end = edges.index(clip["start_us"]), edges.index(clip["end_us"])
    assert (moved["choice"], moved["start_us"], moved["end_us"]) == ("moved", edges[start + 1], edges[end - 1])
    assert right["choice"] == "right"
    assert right["clip_id"].endswith(f"_{right['start_us'] // 1000}_{right['end_us'] // 1000}")


def test_undo_takes_the_last_decision_back(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "judge", reasons=["too dark"])
    desk = Desk(page, url, sample, "Ann").open()
    desk.press("1", "Enter").ready(2).press("2", "Enter").ready(3).press("u").ready(2)
    desk.far("1 of 5, 4 left")
    assert page.locator(".choice[aria-pressed=true]").inner_text().endswith("too dark")
    desk.press("1", "Enter").ready(3)
    assert [line["choice"] for line in lines(out, sample)] == ["accept", "reject", "withdrawn", "accept"]
    told = next(s for s in ask(f"{url}/review?format=json")["samples"] if s["key"] == sample)
    assert told["people"][0]["decided"] == 2


def test_a_killed_server_loses_nothing_and_one_goes_on_where_one_was(
    out: Path, tmp_path: Path, start: Start, browser: Any
) -> None:
    own = Path(shutil.copytree(out, tmp_path / "films"))
    context, elsewhere = browser.new_context(), browser.new_context()
    page = context.new_page()
    with start(own) as first:
        port = first.url.rsplit(":", 1)[1]
        sample = drawn(first.url, "judge")
        desk = Desk(page, first.url, sample, "Ann").open()
        desk.press("1", "Enter").ready(2).press("1", "Enter").ready(3)
        first.kill()
        assert len(lines(own, sample)) == 2
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    page.get_by_text("Not stored yet").wait_for()
    assert desk.at == 3
    assert page.locator(".choice[aria-pressed=true]").count() == 1
    with start(own, "--port", port) as second:
        assert second.url.endswith(port)
        desk.ready(4)
        assert [line["choice"] for line in lines(own, sample)] == ["accept", "accept", "reject"]
        Desk(elsewhere.new_page(), second.url, sample, "Ann").open(4).far("3 of 5, 2 left")
        elsewhere.close()
        second.kill()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.get_by_text("Not stored yet").wait_for()
    page.close()  # what was not stored waits in the browser
    with start(own, "--port", port) as third:
        Desk(context.new_page(), third.url, sample, "Ann").open(5).far("4 of 5, 1 left")
        assert [line["choice"] for line in lines(own, sample)] == ["accept", "accept", "reject", "accept"]
    context.close()


def test_an_answer_that_was_lost_on_the_way_is_stored_once(url: str, out: Path, offline_page: Any) -> None:
    sample = drawn(url, "judge")
    lost: list[int] = []

    def lose_the_first(route: Any) -> None:
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    offline_page.route(f"**/review/{sample}", lose_the_first)
    Desk(offline_page, url, sample, "Ann").open().press("1", "Enter").ready(2)
    assert lost == [200]
    assert len(lines(out, sample)) == 1


def test_a_disk_that_takes_nothing_keeps_the_clip_on_the_page(url: str, out: Path, offline_page: Any) -> None:
    sample = drawn(url, "judge")
    blocked = out / "reviews" / "blocked.jsonl"
    blocked.mkdir(parents=True)
    desk = Desk(offline_page, url, sample, "blocked")
    offline_page.goto(desk.address)
    offline_page.get_by_text("can't").first.wait_for()
    blocked.rmdir()
    desk.open().press("1", "Enter").ready(2)
    assert len(lines(out, sample)) == 1


def test_two_people_review_at_once_and_their_agreement_is_told(url: str, out: Path, browser: Any) -> None:
    sample = drawn(url, "judge", number=4)
    contexts = [browser.new_context() for _ in range(2)]
    ann, bob = (
        Desk(context.new_page(), url, sample, who).open() for context, who in zip(contexts, ("ann", "Ann"), strict=True)
    )
    for number, (hers, his) in enumerate([("1", "1"), ("r", "r"), ("1", "r"), ("r", "r")], 2):
        ann.press(hers, "Enter")
        bob.press(his, "Enter")
        if number < 5:
            ann.ready(number)
            bob.ready(number)
    for desk in (ann, bob):
        desk.finished()
    told = next(s for s in ask(f"{url}/review?format=json")["samples"] if s["key"] == sample)
    assert [(p["who"], p["decided"]) for p in told["people"]] == [("Ann", 4), ("ann", 4)]
    assert told["agreement"]["share"] == 0.75
    assert told["agreement"]["alpha"] == pytest.approx(1 - (2 / 8) / (2 * 3 * 5 / (8 * 7)))
    for context in contexts:
        context.close()


def test_the_same_person_in_two_tabs_meets_no_clip_twice(url: str, out: Path, browser: Any) -> None:
    sample = drawn(url, "judge", number=4)
    context = browser.new_context()
    one, two = (Desk(context.new_page(), url, sample, "Ann").open() for _ in range(2))
    one.press("1", "Enter").ready(2).press("1", "Enter").ready(3)
    two.press("r", "Enter").ready(3)  # the first clip is decided anew, the second was decided in the other tab
    two.press("1", "Enter").ready(4)
    counted = {line["clip_id"]: line["choice"] for line in lines(out, sample)}
    assert sorted(counted.values()) == ["accept", "accept", "reject"]
    context.close()


def test_captions_are_texts_whatever_they_hold(url: str, out: Path, page: Any) -> None:
    name = '"><script>document.title="owned"</script> ../..'
    sample = drawn(url, "pick", name=name, teachers=[f"hostile_{k}" for k in range(len(HOSTILE))])
    desk = Desk(page, url, sample, "<b>Ann</b> & 'Bob' \u202e").open()
    assert sorted(desk.captions) == sorted(" ".join(text.split()) for text in HOSTILE)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.press("1", "Enter").ready(2)
    edit = drawn(url, "edit", teachers=["hostile_1"])
    Desk(page, url, edit, "=1+1").open().press("Control+Enter").ready(2)
    page.goto(f"{url}/review")
    assert page.get_by_role("heading", name=name).count() == 1
    assert "owned" not in page.title()
    csv = page.request.get(f"{url}/review/{edit}/decisions.csv").text()
    assert ",'=1+1," in csv
    assert "\"'=HYPERLINK" in csv
    assert {path.parent for path in out.rglob("*.jsonl")} == {out, out / "reviews"}


def test_a_sample_is_drawn_on_the_page_and_begun(url: str, page: Any) -> None:
    page.goto(f"{url}/review")
    if not page.locator("#draw").evaluate("draw => draw.open"):
        page.get_by_text("Draw a sample").click()
    page.get_by_role("button", name="Draw the sample").click()
    page.locator("#namehint", has_text="First say who you are").wait_for()
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("radio", name="Accept or reject").check()
    page.get_by_role("spinbutton", name="Clips").fill("4")
    page.get_by_label("as evenly over the videos as can be").check()
    page.get_by_role("button", name="Draw the sample").click()
    card = page.locator(".sample:target")
    card.wait_for()
    until(page, lambda: page.get_by_label("Your name").input_value() == "Ann")  # remembered in the browser
    card.get_by_role("button", name="Begin").click()
    page.locator("#desk[data-at='1']").wait_for()
    until(page, "location.search.includes('who=Ann')")


def test_a_link_of_the_page_clips_draws_its_clips(url: str) -> None:
    there = ask(f"{url}/clips?sort=-seconds&size=3&format=json")["clips"]
    for query in (f"{url}/clips?sort=-seconds&view=list", "sort=-seconds"):
        name = f"longest {len(query)}"
        key = drawn(url, "judge", name=name, number=3, query=query, random=False)
        clip = ask(f"{url}/review/{key}?who=Ann&format=json")["clip"]
        assert clip["clip_id"] == there[0]["clip_id"]
    wrong = ask(f"{url}/review", {"task": "judge", "name": "x", "by": "y", "number": 3, "query": "secnds=3"})
    assert "did you mean seconds" in wrong["error"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": ""}, "the sample's name is empty"),
        ({"by": None}, "a name is missing"),
        ({"number": 0}, "the number of clips is a whole number from 1"),
        ({"task": "guess"}, "there is no task 'guess'"),
        ({"task": "pick", "teachers": ["teacher_a"]}, "choose 2 to 12 captions"),
        ({"task": "pick", "teachers": ["teacher_a", "videos"]}, "there are no captions called 'videos'"),
        ({"query": "seconds=99999.."}, "no clip fits"),
        ({"reasons": ["x"] * 3 + [str(k) for k in range(9)]}, "at most 8 reasons"),
    ],
)
def test_a_sample_that_can_not_be_drawn_says_what_to_change(server: Any, change: Any, told: str, dataset: Path) -> None:
    form = {"task": "judge", "name": "one", "by": "Ann", "number": 3, "query": "", "teachers": []} | change
    taught_or_not = ask(f"{server.url}/review", form)
    assert told in taught_or_not["error"] or "there are no captions called 'teacher_a'" in taught_or_not["error"]
    assert not (dataset / "reviews").exists()


def test_decisions_that_can_not_be_meant_are_refused(url: str, out: Path) -> None:
    sample = drawn(url, "pick", teachers=list(TEACHERS))
    here = f"{url}/review/{sample}"
    clip = ask(f"{here}?who=Ann&format=json")["clip"]
    good = {
        "id": "0" * 32,
        "who": "Ann",
        "clip_id": clip["clip_id"],
        "choice": clip["options"][0]["key"],
        "seen": clip["seen"],
    }
    wrong = [
        ({"id": "../../x"}, "id"),
        ({"who": " "}, "name"),
        ({"clip_id": "v_0_1"}, "does not belong"),
        ({"choice": "teacher_a"}, "not among those"),
        ({"choice": None}, "no choice"),
        ({"seen": "before"}, "have changed"),
    ]
    for change, told in wrong:
        found = ask(here, good | change)
        assert (found["status"], told in found["error"]) == (400, True), found
    assert lines(out, sample) == []
    assert ask(here, good)["stored"]
    assert ask(here, good)["again"]
    assert len(lines(out, sample)) == 1
    assert ask(f"{url}/review/nothing?who=Ann")["status"] == 404


def test_a_damaged_line_is_told_on_the_page(url: str, out: Path, page: Any) -> None:
    torn = out / "reviews" / "torn.jsonl"
    torn.parent.mkdir(exist_ok=True)
    torn.write_text('{"id": "cut sho')
    page.goto(f"{url}/review")
    assert "reviews/torn.jsonl, line 1, can't be read" in page.locator(".notice").inner_text()
    torn.unlink()


def test_a_clip_that_is_gone_is_skipped(url: str, out: Path, page: Any) -> None:
    sample = drawn(url, "judge", number=2)
    file = out / "reviews" / "samples" / f"{sample}.json"
    first = json.loads(file.read_text())["clips"][0]
    file.write_text(file.read_text().replace(first, first.rsplit("_", 1)[0] + "_1"))
    desk = Desk(page, url, sample, "Ann").open()
    assert "no longer in the dataset" in page.locator("#task").inner_text()
    desk.press("Enter").ready(2)
    assert lines(out, sample)[0]["choice"] == "skipped"


def test_the_next_clip_is_there_before_it_is_wanted(url: str, page: Any) -> None:
    sample = drawn(url, "judge", number=3)
    desk = Desk(page, url, sample, "Ann").open()
    waiting = page.locator(".desk-stage.waiting video")
    waiting.wait_for(state="attached")
    until(page, lambda: waiting.evaluate("video => video.readyState") >= 2)
    source = waiting.get_attribute("src")
    desk.press("1", "Enter").ready(2)
    assert page.locator(".desk-stage:not(.waiting) video").get_attribute("src") == source


def test_a_video_that_is_gone_says_so_and_can_still_be_decided(url: str, offline_page: Any) -> None:
    gone = {"error": "walk.mp4: there is no such file any more", "status": 404}
    for place in ("**/sources/*", "**/cuts/*"):
        offline_page.route(place, lambda route: route.fulfill(status=404, json=gone))
    desk = Desk(offline_page, url, drawn(url, "judge", number=2), "Ann").open()
    offline_page.get_by_text("no such file any more").first.wait_for()
    desk.press("r", "Enter").ready(2)


def test_the_keys_are_told(url: str, page: Any) -> None:
    sample = drawn(url, "judge")
    desk = Desk(page, url, sample, "Ann").open()
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.wait_for()
    page.keyboard.press("Escape")
    keys.wait_for(state="hidden")
    desk.press("Shift+ArrowRight").ready(2).press("Shift+ArrowLeft").ready(1)
    video = "document.querySelector('.desk-stage:not(.waiting) video')"
    until(page, f"{video}.paused === false")
    desk.press(" ")
    until(page, f"{video}.paused === true")
    desk.press("ArrowRight", "m")
    until(page, f"{video}.muted === false")
