"""Who may come in, and what every answer says to the browser."""

from pathlib import Path

import pytest

from shotlist.dataset import Dataset

pytest.importorskip("starlette")
from starlette.testclient import TestClient

from shotlist.view.app import create_app
from shotlist.view.guard import Locks
from shotlist.view.viewer import Viewer

JSON = {"content-type": "application/json"}


def client(out: Path, tmp_path: Path, locks: Locks | None = None, host: str = "127.0.0.1:8484") -> TestClient:
    app = create_app(Viewer(Dataset(out), tmp_path / "cache"), locks or Locks())
    return TestClient(app, base_url=f"http://{host}", follow_redirects=False)


@pytest.mark.parametrize("host", ["127.0.0.1:8484", "localhost:1", "[::1]:8484", "LOCALHOST"])
def test_this_machine_may_come_in(host: str, built: Path, tmp_path: Path) -> None:
    assert client(built, tmp_path, host=host).get("/failures").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8484", "localhost.evil.example"])
def test_a_name_that_somebody_else_gave_this_machine_is_refused(host: str, built: Path, tmp_path: Path) -> None:
    answer = client(built, tmp_path, host=host).get("/failures")
    assert answer.status_code == 421
    assert "open the address that it printed" in answer.text


def test_another_address_than_loopback_has_a_token() -> None:
    assert Locks.for_host("127.0.0.1", None).token is None
    assert Locks.for_host("127.0.0.1", "mine").token == "mine"
    made = Locks.for_host("0.0.0.0", None)
    assert made.token is not None and len(made.token) >= 24
    assert made.token != Locks.for_host("0.0.0.0", None).token


def test_without_the_token_nothing_is_shown(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path, Locks(frozenset(), "secret"), "films.example:8484")
    for path in ("/", "/failures", "/failures?token=wrong", "/static/x/base.css", "/sources/x"):
        assert visitor.get(path).status_code == 401, path
    assert visitor.get("/failures", headers={"authorization": "Bearer secret"}).status_code == 200


def test_the_token_moves_from_the_link_into_a_cookie(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path, Locks(frozenset(), "secret"), "films.example:8484")
    first = visitor.get("/failures?token=secret&page=1")
    assert (first.status_code, first.headers["location"]) == (303, "/failures?page=1")
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "samesite=lax" in first.headers["set-cookie"].lower()  # "strict" is not sent on the way here from a mail
    assert visitor.get("/failures").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        JSON | {"origin": "http://evil.example"},
        JSON | {"origin": "null"},
        JSON | {"sec-fetch-site": "cross-site"},
        JSON | {"sec-fetch-site": "same-site"},
    ],
)
def test_other_sites_can_change_nothing(headers: dict[str, str], built: Path, tmp_path: Path) -> None:
    answer = client(built, tmp_path).post("/review", content="{}", headers=headers)
    assert answer.status_code == 403
    assert not (built / "reviews").exists()


def test_every_answer_forbids_scripts_that_are_not_ours(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path)
    for path in ("/", "/nowhere", "/failures?format=json", "/static/x/base.js"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/static/x/../../app.py", "/static/x/%2e%2e/app.py", "/static/x/..%2f..%2fapp.py"])
def test_static_files_end_at_their_folder(path: str, built: Path, tmp_path: Path) -> None:
    assert client(built, tmp_path).get(path).status_code == 404


def test_an_error_has_one_shape_in_json_and_a_page_for_people(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path)
    told = {"error": "there is no such page", "status": 404}
    assert visitor.get("/nowhere?format=json").json() == told
    assert visitor.get("/nowhere", headers={"accept": "application/json"}).json() == told
    page = visitor.get("/nowhere", headers={"accept": "text/html,application/json"})
    assert page.status_code == 404
    assert "there is no such page" in page.text
    assert visitor.delete("/clips?format=json", headers=JSON).json()["status"] == 405


def test_a_link_with_the_token_leads_to_no_other_machine(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path, Locks(frozenset(), "secret"), "films.example:8484")
    assert visitor.get("http://films.example:8484//evil.example/?token=secret").headers["location"] == "/evil.example/"


def test_viewers_with_tokens_on_one_machine_don_t_take_each_other_s_cookie() -> None:
    assert Locks(frozenset(), "one").cookie != Locks(frozenset(), "two").cookie


def test_an_empty_token_is_none() -> None:
    assert Locks.for_host("127.0.0.1", "").token is None
    assert Locks.for_host("0.0.0.0", "").token


def test_who_is_turned_away_is_told_in_the_same_shape(built: Path, tmp_path: Path) -> None:
    visitor = client(built, tmp_path, Locks(frozenset(), "secret"), "films.example:8484")
    answer = visitor.get("/failures", headers={"accept": "application/json"})
    assert answer.json()["status"] == 401
    assert "a token is needed" in answer.json()["error"]


def test_a_page_that_fails_is_as_closed_as_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nothing = Viewer(None, tmp_path / "cache")  # type: ignore[arg-type]
    visitor = TestClient(create_app(nothing, Locks()), base_url="http://localhost")
    answer = visitor.get("/clips?format=json")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "AttributeError" in capsys.readouterr().err


def test_a_missing_script_has_a_page_whose_links_lead_somewhere(built: Path, tmp_path: Path) -> None:
    answer = client(built, tmp_path).get("/static/x/nothing.js")
    assert answer.status_code == 404
    assert 'href="/clips"' in answer.text
