"""The pages: one shell in two languages, with all that the first frame needs inside it."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import i18n
from dashboard.views.assets import Assets
from labservers.registry import SERVERS

ROOT = Path(__file__).resolve().parents[3]
PATHS = ["/", *(f"/servers/{name}" for name in SERVERS), "/servers/subjects/loop"]
MISSING = ["/nothing", "/servers/evil", "/servers/hello/loop", "/servers/chat/x", "/servers/"]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def boot(page: str) -> Any:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("path", PATHS)
def test_a_page_brings_its_first_frame_along(client: FlaskClient, path: str) -> None:
    page = client.get(path).get_data(as_text=True)
    values = boot(page)
    assert '<meta name="lab-token" content="token-of-the-tests">' in page
    assert "token-of-the-tests" not in json.dumps(values)
    assert values["page"]["name"] == (path.split("/")[2] if path != "/" else None)
    assert [server["name"] for server in values["snapshot"]["servers"]] == list(SERVERS)
    assert values["catalogue"]["app"]
    assert values["lang"] == "en"
    assert values["version"]


@pytest.mark.parametrize(
    ("path", "tab"),
    [
        ("/servers/hello", "try"),
        ("/servers/chat", "rooms"),
        ("/servers/subjects", "loop"),
        ("/servers/subjects/try", "try"),
        ("/servers/page/logs", "logs"),
        ("/servers/hypotenuse/connections", "connections"),
    ],
)
def test_every_tab_has_an_address(client: FlaskClient, path: str, tab: str) -> None:
    assert boot(client.get(path).get_data(as_text=True))["page"]["tab"] == tab


@pytest.mark.parametrize(
    ("query", "header", "lang"),
    [
        ("", "", "en"),
        ("", "ru", "ru"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "de,fr", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=<script>", "ru", "ru"),
    ],
)
def test_the_language_is_asked_for_or_preferred(
    client: FlaskClient, query: str, header: str, lang: str
) -> None:
    answer = client.get("/" + query, headers={"Accept-Language": header})
    assert f'<html lang="{lang}"' in answer.get_data(as_text=True)
    assert answer.headers["Content-Language"] == lang
    assert "Accept-Language" in answer.headers["Vary"]


@pytest.mark.parametrize("path", MISSING)
@pytest.mark.parametrize("lang", ["en", "ru"])
def test_what_is_not_there_is_said_as_a_page_with_a_way_back(
    client: FlaskClient, path: str, lang: str
) -> None:
    answer = client.get(f"{path}?lang={lang}")
    assert answer.status_code == 404
    assert f'<html lang="{lang}"' in answer.get_data(as_text=True)
    assert 'href="/"' in answer.get_data(as_text=True)


def test_under_api_it_is_said_in_json(client: FlaskClient) -> None:
    answer = client.get("/api/nothing")
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (404, "not_found")
    assert client.get("/api/servers/evil").get_json()["error"]["code"] == "unknown_server"


def test_markup_in_an_address_and_in_logs_stays_text(app: Flask) -> None:
    lab = app.extensions["lab"]
    evil = "</script><script>alert(1)</script>"
    lab.feed("hello", "failed", message=evil)
    page = app.test_client().get("/").get_data(as_text=True)
    assert evil not in page
    assert boot(page)["snapshot"]["feed"][0]["args"]["message"] == evil
    missing = app.test_client().get(f"/{evil}").get_data(as_text=True)
    assert evil not in missing


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_nothing_in_a_page_needs_an_exception_from_the_policy(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path).get_data(as_text=True)
    without_boot = re.sub(r'<script type="application/json".*?</script>', "", page, flags=re.S)
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", without_boot)
    assert re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", without_boot) == []
    for address in re.findall(r'(?:href|src)="([^"]*)"', without_boot):
        assert html.unescape(address).startswith("/")


def test_all_that_a_page_names_is_there_and_is_kept_for_a_year(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    files = re.findall(r'(?:href|src)="(/assets/[^"]*)"', page)
    assert len(files) == 6  # an icon, two fonts, a style sheet, two scripts
    for path in files:
        with client.get(path) as answer:
            assert answer.status_code == 200, path
            assert answer.headers["ETag"]
            assert "immutable" in answer.headers["Cache-Control"]


def test_the_style_sheets_are_one(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    [address] = re.findall(r'rel="stylesheet" href="([^"]*)"', page)
    text = client.get(address).get_data(as_text=True)
    assert "@import" not in text
    for sheet in {*(ROOT / "static/css").glob("*.css")} - {ROOT / "static/css/all.css"}:
        assert sheet.read_text("utf-8") in text, sheet.name


def test_the_modules_are_one_script_with_a_map(client: FlaskClient) -> None:
    page = client.get("/").get_data(as_text=True)
    [address] = re.findall(r'<script type="module" src="([^"]*)"', page)
    with client.get(address) as answer:
        assert answer.mimetype == "text/javascript"
        text = answer.get_data(as_text=True)
    assert text.rstrip().endswith("//# sourceMappingURL=all.js.map")
    with client.get(f"{address}.map") as answer:
        sources = answer.get_json()["sources"]
    folder = address.rpartition("/")[0]
    with client.get(f"{folder}/{sources[0]}") as answer:
        assert answer.data == (ROOT / "static/js/main.js").read_bytes()


def files_of(folder: Path, a: str) -> None:
    for name, text in {
        "css/all.css": "a {}\n",
        "js/main.js": 'import { a } from "./a.js";\n',
        "js/a.js": a,
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def test_a_file_that_changes_has_another_address(tmp_path: Path) -> None:
    now = [0.0]
    files_of(tmp_path, "export const a = 1;\n")
    assets = Assets(tmp_path, lambda: now[0])
    before = assets.version
    (tmp_path / "js/a.js").write_text("export const a = 22;\n")
    assert assets.version == before  # looked at a moment ago
    now[0] += 2
    assert assets.version.name != before.name
    assert "const a = 22;" in assets.version.made["js/all.js"]


def test_a_module_in_a_form_that_is_not_known_is_asked_for_by_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files_of(tmp_path, "export let a = 1;\n")
    version = Assets(tmp_path).version
    assert version.entry == "js/main.js"
    assert "js/all.js" not in version.made
    assert "js/a.js: not a known form: export let a = 1;" in caplog.text


def test_an_old_page_gets_the_files_of_now_for_once(client: FlaskClient) -> None:
    with client.get("/assets/0123456789ab/js/main.js") as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/assets/other/js/main.js").status_code == 404
    assert client.get("/assets/0123456789ab/../pyproject.toml").status_code == 404


def test_a_page_is_never_kept_and_a_file_is_asked_for_again(client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"
    with client.get("/static/js/main.js") as first:
        assert "no-cache" in first.headers["Cache-Control"]
        unchanged = {"If-None-Match": first.headers["ETag"]}
    with client.get("/static/js/main.js", headers=unchanged) as again:
        assert again.status_code == 304


@pytest.mark.parametrize(("lang", "words"), [("en", "does not know the name"), ("ru", "не узнаёт")])
def test_a_browser_reads_a_refusal_in_its_language(
    client: FlaskClient, lang: str, words: str
) -> None:
    browser = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": lang}
    answer = client.get("/servers/chat", headers={"Host": "<b>.example", **browser})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert f'<html lang="{lang}"' in page
    assert words in page
    assert 'href="http://127.0.0.1:' in page
    assert "<b>" not in page
    nonce = re.findall(r'<style nonce="([^"]+)"', page)
    assert f"'nonce-{nonce[0]}'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r'src=|rel="stylesheet"', page)  # what it would name is refused as well


def test_a_form_of_another_site_is_refused_as_a_page(client: FlaskClient) -> None:
    browser = {"Accept": "text/html", "Accept-Language": "ru"}
    answer = client.post("/", headers={"Origin": "http://evil.example", **browser})
    assert (answer.status_code, answer.mimetype) == (403, "text/html")
    assert "Панель" in answer.get_data(as_text=True)


def test_a_program_reads_a_refusal_in_json(client: FlaskClient) -> None:
    error = client.get("/", headers={"Host": "evil.example"}).get_json()["error"]
    assert (error["code"], error["next_step"][:12]) == ("foreign_host", "open http://")


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_an_error_has_its_reason_in_the_language_of_the_page(
    client: FlaskClient, lang: str
) -> None:
    answer = client.delete(f"/?lang={lang}", headers={"X-Lab-Token": "token-of-the-tests"})
    assert answer.status_code == 405
    assert i18n.text(lang, "err.method_not_allowed") in answer.get_data(as_text=True)
