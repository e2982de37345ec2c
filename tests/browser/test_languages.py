"""English and Russian throughout."""

import re

from playwright.sync_api import Page, expect

CYRILLIC = re.compile("[А-Яа-яЁё]")

NAMES = ("JSON", "HTML", "HTTP")  # formats keep their names


def test_the_switch_changes_everything_without_a_load(lab, page: Page) -> None:
    page.evaluate("window.same = true")
    page.get_by_role("radio", name="RU").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Серверы")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.locator('article[data-server="hello"] .pill')).to_have_text("Остановлен")
    expect(page).to_have_title(re.compile(CYRILLIC))
    assert page.evaluate("window.same") is True

    page.get_by_role("radio", name="EN").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Servers")


def test_the_choice_is_remembered(page: Page) -> None:
    page.keyboard.press("l")
    expect(page.get_by_role("heading", level=1)).to_have_text("Серверы")
    page.goto("/servers/hello/try")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("link", name="Попробовать")).to_be_visible()


def test_the_browsers_language_is_the_first_choice(open_page) -> None:
    page = open_page("/", locale="ru-RU")
    expect(page.get_by_role("heading", level=1)).to_have_text("Серверы")
    page = open_page("/?lang=en", locale="ru-RU")
    expect(page.get_by_role("heading", level=1)).to_have_text("Servers")


def test_no_english_is_left_on_a_russian_page(lab, open_page, paths) -> None:
    lab.start("hello", "hypotenuse")
    page = open_page("/?lang=ru")
    for path in paths:
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_have_text(CYRILLIC)
        names = page.locator("main :is(button, h2, h3, legend, dt)").all_inner_texts()
        english = [
            n for n in names if n.strip() not in ("", *NAMES) and re.fullmatch(r"[A-Za-z ]{4,}", n)
        ]
        assert not english, path


def test_numbers_and_plurals_follow_the_language(open_page) -> None:
    page = open_page("/?lang=ru")
    said = page.evaluate(
        """async () => {
            const { speak, t, nf, bytes, dur } = await import("/static/js/i18n.js");
            const boot = JSON.parse(document.getElementById("boot").textContent);
            speak(boot.lang, boot.catalogue);
            return [1, 2, 5, 11, 21].map((n) => t("l.new", { n })).concat(
                nf(1234.5), bytes(1234567), dur(0.41), dur(2500));
        }"""
    )
    assert said[:5] == [
        "1 новая строка",
        "2 новые строки",
        "5 новых строк",
        "11 новых строк",
        "21 новая строка",
    ]
    assert said[5:] == ["1\u00a0234,5", "1,2\u00a0МБ", "410\u00a0мкс", "2,5\u00a0с"]
