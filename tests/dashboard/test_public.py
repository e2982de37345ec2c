"""The parts of a public address: what is taken, and what is refused in a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import config, public
from dashboard.errors import BadInput


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/lab",
        "/user/anna/proxy/5000",
        "/user/anna%40uni.edu/socket-lab",
        "/~anna/@home",
        "/...",
    ],
)
def test_a_plain_path_is_a_prefix(path: str) -> None:
    assert public.prefix(path) == path


@pytest.mark.parametrize(
    "path",
    ["lab", "/", "/lab/", "//evil.example", "/a//b", "/../a", "/a/..", "/a/./b", "/a b", "/a?b"]
    + ["/a#b", '/a"b', "/<b>", "/a\\b", "/a%2f..", "/a%2e%2e", "/a%0d%0a", "/%zz", "/a\nb", "/я"]
    + ["/a%5Cb", "http://x", "/" + "a" * 600],
)
def test_what_is_not_a_plain_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a path such as"):
        public.prefix(path)


@given(st.text())
def test_a_prefix_that_is_taken_stays_one_path_of_the_same_host(text: str) -> None:
    try:
        path = public.prefix(text)
    except ValueError:
        return
    assert path == "" or (path.startswith("/") and not path.startswith("//"))
    assert not set(path) & set("\"'<>&?#\\ \r\n")
    assert ".." not in path.split("/")


@pytest.mark.parametrize(
    "origin", ["", "*", "https://lab.example.edu", "http://10.0.0.1:8000", "https://[::1]:8443"]
)
def test_an_origin_is_scheme_host_and_port(origin: str) -> None:
    assert public.origin(origin) == origin


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("https://lab.example.edu:443", "https://lab.example.edu"),
        ("http://lab.example.edu:80", "http://lab.example.edu"),
        ("https://[::443]:443", "https://[::443]"),
        ("https://lab.example.edu:80", "https://lab.example.edu:80"),
        ("http://lab.example.edu:443", "http://lab.example.edu:443"),
        ("https://lab.example.edu:4430", "https://lab.example.edu:4430"),
        ("http://lab.example.edu:65535", "http://lab.example.edu:65535"),
        ("http://10.0.0.80", "http://10.0.0.80"),
        ("http://[::80]", "http://[::80]"),
    ],
)
def test_a_schemes_own_port_is_left_out_as_browsers_do(origin: str, said: str) -> None:
    assert public.origin(origin) == said


@pytest.mark.parametrize(
    "origin",
    [
        "lab.example.edu",
        "https://lab.example.edu/",
        "https://Lab",
        "ftp://x",
        "null",
        "https://",
        "**",
    ]
    + ["https://lab:0443", "https://lab:65536", "http://lab:99999", "http://lab:0", "http://lab:"]
    + ["https://a,https://b", "https://a b", "https://user@lab", "https://a\r\nX: y"],
)
def test_what_is_not_an_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="is not an origin such as"):
        public.origin(origin)


def test_a_peer_is_looked_for_among_addresses_and_networks() -> None:
    known = public.networks("127.0.0.1, 10.0.0.0/8,::1,unix")
    assert all(public.among(peer, known) for peer in ["127.0.0.1", "10.9.8.7", "::1"])
    assert public.among("::ffff:127.0.0.1", known)
    strangers = ["127.0.0.2", "11.0.0.1", "::2", "", "<local>", "unix", "10.0.0.1.evil.example"]
    assert not any(public.among(peer, known) for peer in strangers)
    assert not public.among("127.0.0.1", public.networks(""))


@pytest.mark.parametrize("space", ["\xa0", "\u3000", "\x85", "\n", "\x1f"])
def test_only_spaces_and_tabs_stand_around_a_network(space: str) -> None:
    assert len(public.networks(" 127.0.0.1\t,\t10.0.0.0/8 ,")) == 2
    for text in (f"{space}127.0.0.1", f"::1,10.0.0.1{space}", f"unix{space}", space):
        with pytest.raises(ValueError, match="is neither an address nor 'unix'"):
            public.networks(text)


@pytest.mark.parametrize(
    ("name", "value"), [("PREFIX", "//x"), ("ORIGIN", "lab"), ("PROXY", "localhost")]
)
def test_the_environment_is_refused_with_the_setting_and_what_is_wanted(
    name: str, value: str
) -> None:
    with pytest.raises(BadInput, match=f"{name.lower()}: {value!r} is n"):
        config.load({}, {"SOCKETLAB_CONFIG": "/nonexistent", f"SOCKETLAB_{name}": value})
