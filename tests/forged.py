"""Well-formed messages of every kind in the schema, with whatever content."""

from collections.abc import Callable, Iterator
from typing import Any

from labservers.observe import messages, observed

NOW = 1_700_000_000.0
KINDS: dict[str, type[Any]] = {**messages._MESSAGES, **observed.MESSAGES}
PARTS = {part.__name__: part for part in messages._PARTS}
INSIDE = 50  # times as many entries has a list as one within it
Leaf = Callable[[str], Any]


def leaf_of(text: str, anything: Any = None) -> Leaf:
    """The value for each scalar annotation; `anything` stands where any value may."""
    any_value = text if anything is None else anything
    values = {"str": text, "int": 2**63 - 1, "float": NOW, "bool": True, "Any": any_value}
    return values.__getitem__


def made(kind: str, leaf: Leaf, many: int) -> Any:
    """A message of that kind with so many entries in each of its lists."""
    return _made(KINDS[kind], leaf, many)


def _made(cls: type[Any], leaf: Leaf, many: int) -> Any:
    hints = {name: getattr(h, "__forward_arg__", h) for name, h in cls.__annotations__.items()}
    return cls(**{name: _value(hint, leaf, many) for name, hint in hints.items()})


def _value(annotation: str, leaf: Leaf, many: int) -> Any:
    annotation = annotation.removesuffix(" | None")
    fewer = -(-many // INSIDE)
    if annotation.startswith("list["):
        return [_value(annotation[len("list[") : -1], leaf, fewer) for _ in range(many)]
    if annotation.startswith("dict[str, "):
        entry = annotation[len("dict[str, ") : -1]
        return {f"{n}{leaf('str')}": _value(entry, leaf, fewer) for n in range(many)}
    return _made(PARTS[annotation], leaf, fewer) if annotation in PARTS else leaf(annotation)


def strings(value: Any) -> Iterator[str]:
    """All texts in a value, names of entries not counted."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from strings(entry)
