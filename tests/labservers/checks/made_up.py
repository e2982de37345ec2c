"""A verdict as a check gives it, made up: for the tests of what shows it."""

from labservers.checks.texts import Language
from labservers.checks.values import Death, Evidence, Finding, Moment, Outcome, Stand, Verdict

LINE = 'legs = json.loads(request.decode("utf-8"))'
KIND = b'{"a": 3, "b": 4}\n'
HOSTILE = b'{"a": "\xff\xfe", "b": 4}\n'

DIES = Evidence(
    symptom="died",
    sent=HOSTILE,
    expected=b"an answer, or an orderly end",
    got=b"",
    after_s=0.1,
    deaths=(
        Death(
            thread="MainThread",
            main=True,
            exception="UnicodeDecodeError",
            message="'utf-8' codec can't decode byte 0xff in position 7: invalid start byte",
            line="server.py:24",
            source=LINE,
            received=HOSTILE,
            bad=7,
            stack=(("server.py:31", "serve", "answer(client)"), ("server.py:24", "answer", LINE)),
        ),
    ),
    timeline=(
        Moment(0.0, "client", "connects"),
        Moment(0.1, "client", "sends", HOSTILE),
        Moment(0.2, "server", "dies"),
        Moment(0.3, "client 2", "connects"),
        Moment(0.4, "client 2", "waits"),
        Moment(2.4, "client 2", "closes"),
    ),
)
WAITS = Evidence(
    symptom="others-wait",
    sent=KIND,
    expected=b"5\\.0",
    got=b"",
    after_s=2.0,
    stands=(Stand("MainThread", "server.py:19", "request = client.recv(1024)", "recv", 2.0),),
    timeline=(
        Moment(0.0, "client", "connects"),
        Moment(0.1, "client 2", "connects"),
        Moment(0.2, "client 2", "sends", KIND),
        Moment(0.2, "client 2", "waits"),
        Moment(2.2, "client", "closes"),
        Moment(2.3, "client 2", "receives", b"5.0"),
    ),
)
LEAKS = Evidence(symptom="leaks", figures=(("left_open", 50.0),))

FINDINGS: dict[Language, tuple[Finding, ...]] = {
    "en": (
        Finding(
            "decode-not-text",
            "must",
            "Bytes that are not text end the program",
            "server.py:24",
            LINE,
            "The client sent 24 bytes, the one at 7 is 0xff; UnicodeDecodeError ended the program.",
            "Any client can end the server for all others with one byte.",
            "Catch UnicodeDecodeError around decode() and answer that the request is not text.",
            ("not-utf8",),
            DIES,
        ),
        Finding(
            "one-at-a-time",
            "must",
            "One silent client keeps everybody else waiting",
            "server.py:19",
            "request = client.recv(1024)",
            "While one client said nothing, another one waited 2.0 s for its answer.",
            "One forgotten connection stops the whole server.",
            "Give each connection a time limit: client.settimeout(10).",
            ("silent", "slow"),
            WAITS,
        ),
        Finding(
            "descriptors-leak",
            "should",
            "Connections are left open",
            None,
            None,
            "After 50 visits 50 descriptors were still open.",
            "When they are used up, nobody is served any more.",
            "Close the connection in a `with` block.",
            ("descriptors",),
            LEAKS,
        ),
    ),
    "ru": (
        Finding(
            "decode-not-text",
            "must",
            "Байты, которые не являются текстом, завершают программу",
            "server.py:24",
            LINE,
            "Клиент отправил 24 байта, байт 7 равен 0xff; программу завершило UnicodeDecodeError.",
            "Любой клиент одним байтом остановит сервер для всех остальных.",
            "Перехватите UnicodeDecodeError вокруг decode() и ответьте, что запрос не текст.",
            ("not-utf8",),
            DIES,
        ),
        Finding(
            "one-at-a-time",
            "must",
            "Один молчащий клиент заставляет ждать всех остальных",
            "server.py:19",
            "request = client.recv(1024)",
            "Пока один клиент молчал, другой ждал ответа 2,0 с.",
            "Одно забытое соединение останавливает весь сервер.",
            "Ограничьте ожидание: client.settimeout(10).",
            ("silent", "slow"),
            WAITS,
        ),
        Finding(
            "descriptors-leak",
            "should",
            "Соединения остаются открытыми",
            None,
            None,
            "После 50 посещений остались открыты 50 дескрипторов.",
            "Когда они кончатся, не обслужат никого.",
            "Закрывайте соединение блоком `with`.",
            ("descriptors",),
            LEAKS,
        ),
    ),
}
OUTCOMES = (
    Outcome("starts", "pass"),
    Outcome("answers", "pass"),
    Outcome("not-utf8", "fail", "why.died", (), DIES, confirmed=True),
    Outcome("silent", "fail", "why.others", (), WAITS, confirmed=True),
    Outcome("slow", "fail", "why.others", (), WAITS, confirmed=True),
    Outcome("descriptors", "fail", "why.leaks", (), LEAKS, confirmed=True),
    Outcome("reset", "fail", "why.once", (), WAITS),
    Outcome("udp-large", "not tried", "why.not-udp"),
)


def verdict(language: Language = "en") -> Verdict:
    return Verdict(
        program="server.py",
        task="math",
        talk="math-json",
        guessed=True,
        verdict="mend",
        outcomes=OUTCOMES,
        findings=FINDINGS[language],
        took_s=12.3,
    )
