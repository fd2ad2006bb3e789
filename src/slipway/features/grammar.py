"""What an expression may be made of."""

import ast
import math
import warnings
from collections.abc import Collection
from functools import lru_cache

from slipway.errors import nearest

FUNCTIONS = {"abs": 1, "sqrt": 1, "floor": 1, "min": 2, "max": 2, "is_missing": 1, "if_missing": 2, "when": 3}
"""Functions and how many arguments each takes; ``col("a name")`` names a column that is no plain word."""

DEEPEST = 100
"""Operations within each other, at most."""

_OPERATORS = "+ - * / < <= > >= == != and or not"


@lru_cache
def tree(text: str) -> ast.expr:
    """The tree of an expression, unchecked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of the style is of no use here
        return ast.parse(text, mode="eval").body


def column(node: ast.AST) -> str | None:
    """The column that a node names; None when it is something else."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "col":
        return str(node.args[0].value) if node.args and isinstance(node.args[0], ast.Constant) else None
    return node.id if isinstance(node, ast.Name) and node.id not in {*FUNCTIONS, "col"} else None


def problem(node: ast.AST, known: Collection[str]) -> tuple[int, str] | None:
    """Where and what the first thing is that is not allowed; None when all of it is.

    Args:
        node: A tree, see ``tree``.
        known: Columns that may be used.
    """
    left: list[tuple[ast.AST, int]] = [(node, 1)]
    while left:
        at, depth = left.pop()
        said = _wrong(at, known) if depth <= DEEPEST else f"it is nested deeper than {DEEPEST} times; make it in steps"
        if said:
            return getattr(at, "col_offset", 0) + 1, said
        left += [(child, depth + 1) for child in reversed(_operands(at))]
    return None


def _operands(node: ast.AST) -> list[ast.expr]:
    if column(node) is not None:
        return []
    children = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    return [child for child in children if isinstance(child, ast.expr)]


def _wrong(node: ast.AST, known: Collection[str]) -> str:
    name = column(node)
    if name is not None:
        near = nearest(name, known)
        hint = f"did you mean {near!r}? " if near else ""
        return "" if name in known else f"there is no number, boolean or date {name!r}; {hint}{listing(known)}"
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


def listing(known: Collection[str], most: int = 20) -> str:
    """The columns that may be used, in words."""
    names = [name if name.isidentifier() else f"col({name!r})" for name in known]
    return f"columns are {', '.join(names[:most])}" + (f" and {len(names) - most} more" if len(names) > most else "")
