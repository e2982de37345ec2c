"""Behind a proxy: one prefix for all addresses, and only the proxy's own headers are believed."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard import create_app
from dashboard.errors import BadInput
from dashboard.instance import NAME
from dashboard.lab import Lab
from dashboard.security import public_addresses

TOKEN = "token-of-the-tests"
PREFIX = "/user/anna/proxy/5000"
HUB = "https://hub.example.edu"
ADDRESSES = re.compile(r'(?:href|src)="([^"]*)"')

Make = Callable[..., FlaskClient]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Make]:
    """client(prefix=..., proxy=...): a browser of a dashboard with these settings."""
    made: list[FlaskClient] = []

    def make(**settings: str) -> FlaskClient:
        folder = tmp_path / f"lab{len(made)}"
        made.append(create_app({"data_dir": str(folder), "token": TOKEN, **settings}).test_client())
        return made[-1]

    yield make
    for browser in made:
        lab_of(browser).close()


def lab_of(browser: FlaskClient) -> Lab:
    lab: Lab = browser.application.extensions["lab"]
    return lab


def said_by(browser: FlaskClient) -> dict[str, Any]:
    """The content of dashboard.json."""
    said: dict[str, Any] = json.loads((lab_of(browser).config.data_path / NAME).read_text())
    return said


def change(client: FlaskClient, peer: str = "127.0.0.1", **headers: str) -> int:
    """The status of a harmless change. `headers`: X_Forwarded_Host and the like."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.post(
        "/api/programs/look",
        headers={"Host": "127.0.0.1", "X-Lab-Token": TOKEN, **named},
        environ_overrides={"REMOTE_ADDR": peer},
    )
    return answer.status_code


def addresses(page: str) -> set[str]:
    return set(ADDRESSES.findall(page))


@pytest.mark.parametrize("before", ["", PREFIX], ids=["stripped", "passed on"])
@pytest.mark.parametrize("path", ["/", "/programs", "/lessons", "/servers/hello/try", "/nothing"])
def test_every_address_of_a_page_has_the_prefix(client: Make, before: str, path: str) -> None:
    browser = client(prefix=PREFIX)
    page = browser.get(before + path).text
    assert f'data-prefix="{PREFIX}"' in page
    assert addresses(page)
    assert all(address.startswith(PREFIX + "/") for address in addresses(page))
    for address in addresses(page):
        for asked in (address, address.removeprefix(PREFIX)):
            with browser.get(asked) as answer:
                assert answer.status_code == 200, asked


def test_without_a_prefix_there_is_none(client: Make) -> None:
    page = client().get("/", headers={"X-Forwarded-Prefix": "/evil"}).text
    assert 'data-prefix=""' in page
    assert "/evil" not in page
    assert all(re.match("/(assets|$)", address) for address in addresses(page))


def test_the_prefix_alone_is_the_overview_and_a_longer_name_is_not(client: Make) -> None:
    browser = client(prefix="/lab")
    assert browser.get("/lab").status_code == 200
    assert browser.get("/lab?lang=ru").status_code == 200
    assert browser.get("/lab/healthz").get_json()["status"] == "ok"
    assert browser.get("/labs/healthz").status_code == 404
    assert browser.get("/lab/lab/healthz").status_code == 404


def test_names_of_accounts_are_escaped_as_browsers_do(client: Make) -> None:
    browser = client(prefix="/user/anna%40uni.edu")
    for typed in ("/user/anna%40uni.edu/", "/user/anna@uni.edu/"):
        assert 'data-prefix="/user/anna%40uni.edu"' in browser.get(typed).text


@pytest.mark.parametrize("prefix", ["/api", "/servers/x", "/ws", "/assets", "/healthz"])
def test_a_prefix_that_begins_as_one_of_our_addresses_is_refused(client: Make, prefix: str) -> None:
    with pytest.raises(BadInput, match="begins as an address of the dashboard's own"):
        client(prefix=prefix)


@pytest.mark.parametrize(
    ("proxy", "peer", "believed"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("unix", "<local>", True),
        ("unix", "", True),
        ("127.0.0.1", "127.0.0.2", False),
        ("unix", "127.0.0.1", False),
        ("127.0.0.1", "<local>", False),
        ("", "127.0.0.1", False),
    ],
)
def test_only_the_configured_proxy_names_the_prefix_and_the_host(
    client: Make, proxy: str, peer: str, believed: bool
) -> None:
    browser = client(proxy=proxy, origin=HUB)
    given = {"X-Forwarded-Prefix": PREFIX, "X-Forwarded-Host": "evil.example"}
    answer = browser.get("/", headers=given, environ_overrides={"REMOTE_ADDR": peer})
    assert answer.status_code == (403 if believed else 200)
    given["X-Forwarded-Host"] = "hub.example.edu"
    page = browser.get("/", headers=given, environ_overrides={"REMOTE_ADDR": peer}).text
    assert (f'data-prefix="{PREFIX}"' in page) is believed


@pytest.mark.parametrize("said", ["//evil.example", "/a/../b", '/"><script>', "evil", "/a b", "/я"])
def test_a_prefix_of_the_proxy_that_is_not_a_path_is_passed_over(client: Make, said: str) -> None:
    page = client(proxy="127.0.0.1").get("/", headers={"X-Forwarded-Prefix": said.encode()}).text
    assert 'data-prefix=""' in page


def test_the_nearest_of_several_proxies_is_believed_and_the_setting_wins(client: Make) -> None:
    given = {"X-Forwarded-Prefix": "/far, /near/"}
    assert 'data-prefix="/near"' in client(proxy="127.0.0.1").get("/", headers=given).text
    page = client(proxy="127.0.0.1", prefix=PREFIX).get("/", headers=given).text
    assert f'data-prefix="{PREFIX}"' in page


@pytest.mark.parametrize(("scheme", "port"), [("https", 443), ("http", 80)])
def test_a_public_origin_with_its_schemes_own_port_is_that_of_its_pages(
    client: Make, scheme: str, port: int
) -> None:
    origin = f"{scheme}://lab.example.edu"
    browser = client(origin=f"{origin}:{port}")
    for host in ("lab.example.edu", f"Lab.example.edu:{port}", "127.0.0.1:5000"):
        assert change(browser, Host=host, Origin=origin) == 200
        assert change(browser, Host=host, Origin=f"{origin}:8080") == 403
    assert change(browser, Host="lab.example.edu:8080", Origin=origin) == 403
    proxied = client(origin=f"{origin}:{port}", proxy="127.0.0.1")
    said = {"X_Forwarded_Host": f"lab.example.edu:{port}", "X_Forwarded_Proto": scheme}
    assert change(proxied, Host="127.0.0.1:5000", Origin=origin, **said) == 200


def test_the_public_origin_is_known_and_no_other(client: Make) -> None:
    browser = client(origin=HUB, prefix=PREFIX)
    assert change(browser, Host="hub.example.edu", Origin=HUB) == 200
    assert change(browser, Host="HUB.example.edu") == 200
    assert change(browser, Host="127.0.0.1:5000", Origin=HUB) == 200  # the proxy has changed Host
    for foreign in ("https://evil.example", "null", "http://hub.example.edu", HUB + ":1", "*"):
        assert change(browser, Origin=foreign) == 403
    for host in ("evil.example", "hub.example.edu.evil.example", "hub.example.edu:1"):
        assert change(browser, Host=host) == 403
    answer = browser.get("/", headers={"Host": "evil.example"}).get_json()
    assert answer["error"]["next_step"] == f"open {HUB}{PREFIX}"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_scheme_of_the_public_origin_is_compared(client: Make, scheme: str) -> None:
    host = "lab.example.edu:8443"
    browser = client(origin=f"{scheme}://{host}")
    assert change(browser, Host=host, Origin=f"{scheme}://{host}") == 200
    other = {"http": "https", "https": "http"}[scheme]
    for origin in (f"{other}://{host}", f"ftp://{host}", f"//{host}", f"{scheme}://{host}/"):
        assert change(browser, Host=host, Origin=origin) == 403, origin
        assert change(browser, Host=host.upper(), Origin=origin) == 403, origin
    assert change(browser, Host="localhost:5000", Origin=f"{other}://localhost:5000") == 200


@pytest.mark.parametrize(
    ("settings", "peer"),
    [
        ({}, "127.0.0.1"),
        ({"origin": HUB}, "127.0.0.1"),
        ({"origin": "*", "proxy": "unix"}, "<local>"),
    ],
)
@pytest.mark.parametrize("origin", ["", " ", "//127.0.0.1", "ftp://127.0.0.1", "127.0.0.1", ","])
def test_an_origin_that_names_no_page_is_foreign(
    client: Make, settings: dict[str, str], peer: str, origin: str
) -> None:
    browser = client(**settings)
    assert change(browser, peer) == change(browser, peer, Origin="http://127.0.0.1") == 200
    assert change(browser, peer, Origin=origin) == 403


@pytest.mark.parametrize("said", ["\xa0/x\x85", "/x\x1c", "\x0b/x"])
def test_only_spaces_and_tabs_around_the_prefix_are_passed_over(client: Make, said: str) -> None:
    browser = client(proxy="127.0.0.1")
    for given, prefix in ((said, ""), (f"/far,\t{said} ", ""), ("/far,\t /x\t ", "/x")):
        page = browser.get("/", environ_overrides={"HTTP_X_FORWARDED_PREFIX": given}).text
        assert f'data-prefix="{prefix}"' in page


def test_any_host_is_taken_at_a_unix_socket_and_the_origin_must_be_the_same(client: Make) -> None:
    browser = client(origin="*", proxy="unix")
    assert change(browser, "<local>", Host="hub.example.edu", Origin=HUB) == 200
    assert change(browser, "<local>", X_Forwarded_Host="hub.example.edu", Origin=HUB) == 200
    assert change(browser, "<local>", Host="hub.example.edu", Origin="https://evil.example") == 403
    assert change(browser, "<local>", Host="hub.example.edu", Origin="*") == 403
    assert change(browser, "127.0.0.1", Host="hub.example.edu", Origin=HUB) == 403
    assert change(browser, "127.0.0.1", Host="127.0.0.1") == 200
    with pytest.raises(BadInput, match="safe at a Unix socket alone"):
        client(origin="*", proxy="127.0.0.1")


def test_nobody_is_invited_to_a_unix_socket(client: Make) -> None:
    browser = client(origin="*", proxy="unix", host="unix:///run/lab/socket")
    assert public_addresses(lab_of(browser), "http://127.0.0.1:80") == []
    open_one = client(host="0.0.0.0")  # gunicorn listens where it was told to
    assert public_addresses(lab_of(open_one), "unix:///run/lab/socket") == []


@pytest.mark.parametrize("said", ["hub.example.edu", "127.0.0.1", "localhost:5000"])
def test_a_rebound_page_next_to_the_proxy_cannot_say_another_host(client: Make, said: str) -> None:
    """It comes from the proxy's address, and its scripts may set any X-Forwarded header."""
    browser = client(origin=HUB, proxy="127.0.0.1")
    assert change(browser, Host="evil.example", X_Forwarded_Host=said) == 403
    answer = browser.get("/", headers={"Host": "evil.example", "X-Forwarded-Host": said})
    assert answer.status_code == 403
    assert TOKEN not in answer.text
    assert change(browser, Host="127.0.0.1:5000", X_Forwarded_Host="hub.example.edu") == 200


def test_the_address_for_people_is_not_the_one_for_programs(client: Make) -> None:
    """A later command sends the token straight to our port, and prints what a browser can open."""
    browser = client(prefix=PREFIX, proxy="10.0.0.1")
    proxied = {"REMOTE_ADDR": "10.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "5000"}
    given = {"X-Forwarded-Host": "localhost", "X-Forwarded-Proto": "https"}
    browser.get("/healthz", headers=given, environ_overrides=proxied)
    said = said_by(browser)
    assert said["address"] == "http://127.0.0.1:5000"
    assert said["page"] == f"http://127.0.0.1:5000{PREFIX}"


def test_the_public_origin_is_in_the_address_for_people(client: Make) -> None:
    browser = client(prefix=PREFIX, origin=HUB)
    browser.get("/healthz")
    assert said_by(browser)["page"] == HUB + PREFIX


@pytest.mark.parametrize("app", [{"proxy": "127.0.0.1"}], indirect=True)
def test_a_websocket_through_a_proxy_is_told_why_it_ends(site: Any) -> None:
    """Some proxies drop the code of a Close frame."""
    talk = site.talk("/ws/live", {"token": "old"})
    said = talk.hear()
    assert (said["type"], said["code"]) == ("closing", 4401)
    assert "the token is missing or old" in said["reason"]
    assert talk.close_code() == 4401
