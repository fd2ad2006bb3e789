"""Columns derived from others by an expression: parsed, checked against what is allowed, never run as code.

A missing operand makes the result missing; so do division by zero, the root of a negative number and a result that is
not finite. A comparison gives 1 or 0. Dates count in seconds since 1970, booleans as 1 and 0.
"""

import ast
import math
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Generic

from slipway.errors import SpecError, nearest
from slipway.features.arithmetic import Arithmetic, T

LONGEST = 500
"""Characters of an expression, at most."""

FUNCTIONS = {"abs": 1, "sqrt": 1, "floor": 1, "min": 2, "max": 2, "is_missing": 1, "if_missing": 2, "when": 3}
"""Functions and how many arguments each takes; ``col("a name")`` names a column that is no plain word."""

_OPERATORS = "+ - * / < <= > >= == != and or not"


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
        found = (_column(node) for node in ast.walk(_tree(self.expression)))
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
        tree = _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise _error(name, text, getattr(error, "offset", None) or len(text), "it can't be parsed") from None
    found = _problem(tree, known)
    if found is not None:
        raise _error(name, text, *found)
    derived = Derived(name, text)
    if not derived.columns:
        raise _error(name, text, 1, f"it uses no column; {_listing(known)}")
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
    value = made.value(_tree(derived.expression))
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
        name = _column(node)
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


def _tree(text: str) -> ast.expr:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of the style is of no use here
        return ast.parse(text, mode="eval").body


def _column(node: ast.AST) -> str | None:
    """The column that a node names; None when it is something else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col":
        return str(node.args[0].value) if node.args and isinstance(node.args[0], ast.Constant) else None
    return node.id if isinstance(node, ast.Name) and node.id not in {*FUNCTIONS, "col"} else None


def _problem(node: ast.AST, known: Collection[str]) -> tuple[int, str] | None:
    """Where and what the first thing is that is not allowed."""
    said = _wrong(node, known)
    if said:
        return getattr(node, "col_offset", 0) + 1, said
    if _column(node) is not None:
        return None
    children = node.args if isinstance(node, ast.Call) else _operands(node)
    return next((found for found in (_problem(child, known) for child in children) if found is not None), None)


def _operands(node: ast.AST) -> list[ast.expr]:
    return [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _wrong(node: ast.AST, known: Collection[str]) -> str:
    name = _column(node)
    if name is not None:
        near = nearest(name, known)
        hint = f"did you mean {near!r}? " if near else ""
        return "" if name in known else f"there is no number, boolean or date {name!r}; {hint}{_listing(known)}"
    if isinstance(node, ast.Call):
        return _wrong_call(node)
    if isinstance(node, ast.Constant):
        number = type(node.value) in (int, float) and math.isfinite(_float(node.value))
        return "" if number else f"{node.value!r} is no finite number"
    if isinstance(node, ast.Compare):
        one = len(node.ops) == 1 and isinstance(node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq))
        return "" if one else f"compare two values at a time, with one of {_OPERATORS}"
    operator = getattr(node, "op", None)
    if isinstance(operator, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.Not, ast.And, ast.Or)):
        return ""
    return f"that is not allowed; operators are {_OPERATORS}; functions are {', '.join(FUNCTIONS)}, col"


def _wrong_call(node: ast.Call) -> str:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        return f"there is no such function; functions are {', '.join(FUNCTIONS)}, and col('a name') for a column"
    takes = FUNCTIONS[name]
    starred = any(isinstance(item, ast.Starred) for item in node.args)
    wrong = len(node.args) != takes or node.keywords or starred
    return f"{name} takes {takes} value{'s' if takes > 1 else ''}" if wrong else ""


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf


def _listing(known: Collection[str], most: int = 20) -> str:
    names = [name if name.isidentifier() else f"col({name!r})" for name in known]
    return f"columns are {', '.join(names[:most])}" + (f" and {len(names) - most} more" if len(names) > most else "")


def _error(name: str, text: str, position: int, said: str) -> SpecError:
    return SpecError(f"features.derived {name!r}: {text!r}, at character {position}: {said}")
