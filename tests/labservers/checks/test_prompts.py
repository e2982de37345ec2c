"""Answers to a program that asks."""

import pytest

from labservers.checks.prompts import FAREWELL, PATIENT, Typist, typed_for
from labservers.checks.values import Address


@pytest.mark.parametrize(
    ("prompt", "answer"),
    [
        ("Port: ", "8105"),
        ("Введите адрес сервера: ", "127.0.0.1"),
        ("Legs, with a comma: ", "3,4"),
        ("Два числа через пробел: ", "3 4"),
        ("Ваш ник? ", "anna"),
        ("Сообщение> ", "hello"),
        ("a = ", "3"),
    ],
)
def test_a_client_gets_what_its_prompt_asks_for(prompt: str, answer: str) -> None:
    assert Typist(Address("0.0.0.0", 8105))(prompt) == answer


def test_prompts_that_say_nothing_get_other_numbers_and_one_that_comes_for_ever_the_farewell() -> (
    None
):
    typist = Typist(Address("127.0.0.1", 8105))
    assert [typist(prompt) for prompt in ("a = ", "b = ", "c = ")] == ["3", "4", "5"]
    answers = [typist("message: ") for _ in range(PATIENT + 1)]
    assert answers == ["hello"] * PATIENT + [FAREWELL]


@pytest.mark.parametrize(
    ("prompt", "answer"), [("port? ", "18999"), ("Server or client? ", "server"), ("So? ", None)]
)
def test_a_server_that_asks_at_its_start_gets_what_can_be_guessed(
    prompt: str, answer: str | None
) -> None:
    assert typed_for(prompt) == answer
