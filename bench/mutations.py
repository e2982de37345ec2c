"""Mutants of a Python source: each differs from it by one small change that a test should see.

A comparison, an operator, a number, a word, an entry of a table, a condition or a statement is
changed. Annotations, docstrings and sentences for readers are left as they are.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SWAPPED: dict[type[Any], tuple[type[Any], ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.And: (ast.Or,),
    ast.Or: (ast.And,),
}
SKIPPED = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.Delete)
LEFT_OUT = frozenset(
    {"annotation", "returns", "decorator_list", "bases", "keywords", "type_params"}
)
TEXT_LIMIT = 100


@dataclass(frozen=True)
class Mutant:
    """A changed source. line: of the original; where: the function; change: `old → new`."""

    line: int
    where: str
    change: str
    source: str


@dataclass(frozen=True)
class Slot:
    """A place in a tree that holds a node: items[key], within a function or a class."""

    items: Any
    key: Any
    where: str
    in_function: bool

    @property
    def node(self) -> Any:
        return self.items[self.key]


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a source, in the order of its lines."""
    tree = ast.parse(source)
    for slot in list(_slots(tree)):
        old = slot.node
        for new in _changed(old):
            if isinstance(new, ast.Pass) and not slot.in_function:
                continue
            slot.items[slot.key] = new
            yield Mutant(old.lineno, slot.where or "module", _change(old, new), ast.unparse(tree))
        slot.items[slot.key] = old


def _slots(node: ast.AST, where: str = "", in_function: bool = False) -> Iterator[Slot]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        where = f"{where}.{node.name}" if where else node.name
        in_function = isinstance(node, ast.FunctionDef)
    for name, value in ast.iter_fields(node):
        if name in LEFT_OUT and not isinstance(node, ast.Call):
            continue
        places = (value, range(len(value))) if isinstance(value, list) else (vars(node), [name])
        for key in places[1]:
            child = places[0][key]
            if isinstance(child, ast.expr | ast.stmt) and not _is_words(node, child):
                yield Slot(places[0], key, where, in_function)
            if isinstance(child, ast.AST) and not _is_words(node, child):
                yield from _slots(child, where, in_function)


def _is_words(parent: ast.AST, node: ast.AST) -> bool:
    """Whether it is a docstring, a sentence, or the fixed part of an f-string."""
    match node:
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Constant(value=str(text)):
            return isinstance(parent, ast.JoinedStr) or " " in text.strip()
    return False


def _changed(node: Any) -> Iterator[Any]:
    """What a node may become."""
    match node:
        case ast.Compare(left, ops, comparators):
            for at, op in enumerate(ops):
                for other in SWAPPED[type(op)]:
                    yield ast.Compare(left, [*ops[:at], other(), *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPPED[type(op)][0](), values)
        case ast.BinOp(left, op, right) if type(op) in SWAPPED:
            yield ast.BinOp(left, SWAPPED[type(op)][0](), right)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.Constant(value):
            yield from map(ast.Constant, _other_values(value))
        case ast.Dict() | ast.Set():
            yield from _tables(node)
        case ast.IfExp(ast.Name() | ast.Attribute() | ast.Call() as test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.If(ast.Name() | ast.Attribute() | ast.Call() as test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))  # a constant is changed itself
        case statement if isinstance(statement, SKIPPED):
            yield ast.Pass()


def _other_values(value: Any) -> list[Any]:
    match value:
        case bool():
            return [not value]
        case int() | float():
            return [value + 1, value - 1]
        case str():
            return ["X" + value]
        case bytes():
            return [b"X" + value]
    return []


def _tables(node: Any) -> Iterator[Any]:
    """One entry left out; one with the next one's value."""
    if isinstance(node, ast.Set):
        for at in range(len(node.elts)):
            yield ast.Set(node.elts[:at] + node.elts[at + 1 :])
        return
    for at in range(len(node.keys)):
        rest = slice(at + 1, None)
        yield ast.Dict(node.keys[:at] + node.keys[rest], node.values[:at] + node.values[rest])
    for at, (one, next_one) in enumerate(zip(node.values, node.values[1:], strict=False)):
        if ast.dump(one) != ast.dump(next_one):
            values = [*node.values[:at], next_one, *node.values[at + 1 :]]
            yield ast.Dict(node.keys, values)


def _change(old: Any, new: Any) -> str:
    """As it is named; of a table the entry alone."""
    if not isinstance(old, ast.Dict | ast.Set):
        return f"{_text(old)} → {_text(new)}"
    before, after = _entries(old), _entries(new)
    lost = next(entry for entry in before if entry not in after)
    return f"{lost} → {next((entry for entry in after if entry not in before), 'left out')}"


def _entries(table: Any) -> list[str]:
    if isinstance(table, ast.Set):
        return list(map(_text, table.elts))
    pairs = zip(table.keys, table.values, strict=True)
    return [f"{_text(key)}: {_text(value)}" if key else f"**{_text(value)}" for key, value in pairs]


def _text(node: Any) -> str:
    """Its first line, with which it is named."""
    text = ast.unparse(ast.fix_missing_locations(node)).split("\n")[0]
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - 1] + "…"
