"""What was seen of this program, in sentences: what a probe did, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from labservers.checks.diagnosis.match import Match
from labservers.checks.texts import Language, decimal, has, text
from labservers.checks.values import Death, Evidence, Outcome, Stand

OF_FIGURES = {"threads_left": "saw.threads", "privileged": "saw.privileged"}
SHOWN = 48  # bytes or characters in a sentence


def evidence(match: Match, outcome: Outcome, language: Language) -> str:
    """Of the probe, and of what came of it."""
    proof = outcome.evidence
    said = [text(language, f"did.{outcome.probe}")] if has(f"did.{outcome.probe}") else []
    if match.death is not None:
        said += _death(match, match.death, language)
    elif has(f"why.{outcome.why}") and outcome.values:
        said.append(text(language, f"why.{outcome.why}", outcome.values))
    elif proof is not None:
        said += _symptom(proof, language)
    if match.stand is not None:
        said.append(_stood(match.stand, language))
    if proof is not None and proof.rule is not None:
        said.append(f"{proof.rule}.")
    return _written(" ".join(said), language)


def _written(said: str, language: Language) -> str:
    """Quotation marks and sections of standards, as a language writes them."""
    if language == "ru":
        return said.replace("“", "«").replace("”", "»").replace(", section ", ", раздел ")
    return said


def _death(match: Match, death: Death, language: Language) -> Iterator[str]:
    key = "saw.ended" if death.main else "saw.thread"
    values = {"exception": death.exception, "line": death.line, "thread": death.thread}
    yield text(language, key if death.line else f"{key}.elsewhere", values)
    if death.message:
        yield text(language, "saw.message", {"message": _short(death.message)})
    if match.cause == "empty-read-ends":
        yield text(language, "saw.received.nothing")
    elif death.received:
        yield text(language, "saw.received", {"bytes": shown(death.received)})
    if death.bad is not None and death.bad < len(death.received):
        byte = f"{death.received[death.bad]:02X}"
        yield text(language, "saw.bad", {"byte": byte})


def _symptom(proof: Evidence, language: Language) -> Iterator[str]:
    figures = dict(proof.figures)
    special = (key for figure, key in OF_FIGURES.items() if figure in figures)
    key = next(special, f"saw.{proof.symptom}")
    left = figures.get("threads_left", figures.get("left_open", 0))
    yield text(
        language,
        key,
        {
            "got": shown(proof.got),
            "s": decimal(proof.after_s or 0, language),
            "percent": f"{100 * figures.get('cpu', 1):.0f}",
            "n": f"{left:.0f}",
            "port": f"{figures.get('privileged', 0):.0f}",
        },
    )
    if "freed_after_s" in figures:
        yield text(language, "saw.freed", {"s": decimal(figures["freed_after_s"], language)})


def _stood(stand: Stand, language: Language) -> str:
    values = {"thread": stand.thread, "line": stand.line, "call": f"{stand.call or '?'}()"}
    return text(language, "saw.stood", values)


def shown(data: bytes) -> str:
    """Bytes for people: as text in quotes where they are text, else in hex."""
    try:
        words = data.decode()
    except UnicodeDecodeError:
        return data[: SHOWN // 3].hex(" ").upper() + (" …" if len(data) > SHOWN // 3 else "")
    quoted = words[:SHOWN].replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
    visible = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in quoted)
    return f"“{visible}{'…' if len(words) > SHOWN else ''}”"


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= 3 * SHOWN else f"{line[: 3 * SHOWN]}…"
