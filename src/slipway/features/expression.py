"""Columns derived from others by an expression: parsed, checked against what is allowed, never run as code.

A missing operand makes the result missing; so do division by zero, the root of a negative number and a result that is
not finite. A comparison gives 1 or 0. Dates count in seconds since 1970, booleans as 1 and 0.
"""

import ast
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic

from slipway.errors import SpecError
from slipway.features import grammar
from slipway.features.arithmetic import Arithmetic, T

LONGEST = 500
"""Characters of an expression, at most."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A derived column.

    Attributes:
        name: Its name.
        expression: How it is made.
    """

    name: str
    expression: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is made from, each once."""
        found = (grammar.column(node) for node in ast.walk(grammar.tree(self.expression)))
        return tuple(dict.fromkeys(name for name in found if name is not None))


def parse(name: str, expression: str, known: Collection[str]) -> Derived:
    """Checks an expression.

    Args:
        name: Name of the column that it makes.
        expression: The expression.
        known: Columns that it may use.

    Raises:
        SpecError: It can't be parsed, or has in it what is not allowed; the sentence says where.
    """
    text = " ".join(expression.split())
    if len(text) > LONGEST:
        raise _error(name, text[:40] + "…", 0, f"it has {len(text)} characters, more than the {LONGEST} allowed")
    try:
        tree = grammar.tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _error(name, text, getattr(error, "offset", None) or len(text), "it can't be parsed") from None
    found = grammar.problem(tree, known)
    if found is not None:
        raise _error(name, text, *found)
    derived = Derived(name, text)
    if not derived.columns:
        raise _error(name, text, 1, f"it uses no column; {grammar.listing(known)}")
    return derived


def evaluate(derived: Derived, columns: Mapping[str, T], do: Arithmetic[T]) -> T:
    """The values of a derived column.

    Args:
        derived: The column, from ``parse``.
        columns: The columns that it uses, float64 with NaN for what is missing.
        do: How to calculate.

    Returns:
        float64, NaN for what is missing.
    """
    made = _Evaluator(columns, do)
    value = made.value(grammar.tree(derived.expression))
    return do.where(do.equal(made.abs(value), do.number(math.inf)), made.nan, value)


class _Evaluator(Generic[T]):
    def __init__(self, columns: Mapping[str, T], do: Arithmetic[T]) -> None:
        self._columns = columns
        self._do = do
        self.nan = do.number(math.nan)
        self._functions: dict[str, Callable[..., T]] = {
            "abs": self.abs,
            "sqrt": do.root,
            "floor": do.floor,
            "min": lambda a, b: self._known(do.where(do.less(b, a), b, a), a, b),
            "max": lambda a, b: self._known(do.where(do.less(a, b), b, a), a, b),
            "is_missing": do.missing,
            "if_missing": lambda a, b: do.where(do.missing(a), b, a),
            "when": lambda a, b, c: self._known(do.where(self._truth(a), b, c), a),
        }
        self._operators: dict[type[ast.AST], Callable[[T, T], T]] = {
            ast.Add: do.add,
            ast.Sub: lambda a, b: do.add(a, self._negative(b)),
            ast.Mult: do.multiply,
            ast.Div: lambda a, b: do.where(do.equal(b, do.number(0.0)), self.nan, do.divide(a, b)),
            ast.Lt: lambda a, b: self._known(do.less(a, b), a, b),
            ast.Gt: lambda a, b: self._known(do.less(b, a), a, b),
            ast.LtE: lambda a, b: self._known(self._not(do.less(b, a)), a, b),
            ast.GtE: lambda a, b: self._known(self._not(do.less(a, b)), a, b),
            ast.Eq: lambda a, b: self._known(do.equal(a, b), a, b),
            ast.NotEq: lambda a, b: self._known(self._not(do.equal(a, b)), a, b),
            ast.And: lambda a, b: self._known(do.multiply(self._truth(a), self._truth(b)), a, b),
            ast.Or: lambda a, b: self._known(self._truth(do.add(self._truth(a), self._truth(b))), a, b),
        }

    def value(self, node: ast.expr) -> T:
        if isinstance(node, ast.Constant):
            return self._do.number(float(node.value))  # type: ignore[arg-type]
        name = grammar.column(node)
        if name is not None:
            return self._columns[name]
        if isinstance(node, ast.BinOp):
            return self._operators[type(node.op)](self.value(node.left), self.value(node.right))
        if isinstance(node, ast.Compare):
            return self._operators[type(node.ops[0])](self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.BoolOp):
            return self._joined(node)
        if isinstance(node, ast.UnaryOp):
            value = self.value(node.operand)
            return self._negative(value) if isinstance(node.op, ast.USub) else self._known(self._not(value), value)
        assert isinstance(node, ast.Call)  # noqa: S101 - parse lets nothing else pass
        return self._functions[node.func.id](*(self.value(item) for item in node.args))  # type: ignore[attr-defined]

    def abs(self, a: T) -> T:
        return self._do.where(self._do.less(a, self._do.number(0.0)), self._negative(a), a)

    def _joined(self, node: ast.BoolOp) -> T:
        value = self.value(node.values[0])
        for other in node.values[1:]:
            value = self._operators[type(node.op)](value, self.value(other))
        return value

    def _negative(self, a: T) -> T:
        return self._do.multiply(a, self._do.number(-1.0))

    def _truth(self, a: T) -> T:
        return self._not(self._not(a))

    def _not(self, a: T) -> T:
        return self._do.equal(a, self._do.number(0.0))

    def _known(self, value: T, *operands: T) -> T:
        """The value, or NaN where an operand is missing."""
        for operand in operands:
            value = self._do.where(self._do.missing(operand), self.nan, value)
        return value


def _error(name: str, text: str, position: int, said: str) -> SpecError:
    return SpecError(f"features.derived {name!r}: {text!r}, at character {position}: {said}")
