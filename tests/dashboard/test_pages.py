"""The pages: one shell, both languages, all that the first frame needs inside."""

import json
import re
from typing import Any

import pytest

from dashboard import i18n


def boot(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="boot">(.*?)</script>', page, re.S)
    assert found
    value: dict[str, Any] = json.loads(found[1])
    return value


def get(api: Any, path: str, **headers: str) -> Any:
    return api.client.get(path, headers={"Host": "127.0.0.1", **headers})


@pytest.mark.parametrize(
    ("path", "name", "tab"),
    [
        ("/", None, None),
        ("/servers/hello", "hello", "try"),
        ("/servers/subjects", "subjects", "loop"),
        ("/servers/chat", "chat", "rooms"),
        ("/servers/page/logs", "page", "logs"),
        ("/servers/subjects/connections", "subjects", "connections"),
    ],
)
def test_every_page_has_its_address(api: Any, path: str, name: str | None, tab: str | None) -> None:
    answer = get(api, path)
    assert answer.status_code == 200
    data = boot(answer.get_data(as_text=True))
    assert (data["page"]["name"], data["page"]["tab"]) == (name, tab)
    assert len(data["snapshot"]["servers"]) == 5


@pytest.mark.parametrize("path", ["/nothing", "/servers/nginx", "/servers/hello/loop", "/servers/"])
def test_other_addresses_are_a_page_with_the_way_back(api: Any, path: str) -> None:
    answer = get(api, path)
    assert answer.status_code == 404
    assert 'href="/"' in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "accept", "lang"),
    [
        ("", "", "en"),
        ("", "ru,en;q=0.5", "ru"),
        ("", "de", "en"),
        ("?lang=ru", "en", "ru"),
        ("?lang=en", "ru", "en"),
        ("?lang=xx", "ru", "ru"),
    ],
)
def test_the_language(api: Any, query: str, accept: str, lang: str) -> None:
    answer = get(api, "/" + query, **{"Accept-Language": accept} if accept else {})
    text = answer.get_data(as_text=True)
    assert f'<html lang="{lang}"' in text
    assert boot(text)["catalogue"] == i18n.catalogue(lang)


def test_the_token_stands_in_the_page_and_the_page_is_not_kept(api: Any) -> None:
    answer = get(api, "/")
    assert '<meta name="lab-token" content="dashboard-tests">' in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_nothing_comes_from_elsewhere(api: Any) -> None:
    text = get(api, "/").get_data(as_text=True)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
        with get(api, path) as answer:
            assert answer.status_code == 200, path
