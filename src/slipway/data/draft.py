"""A first spec for a table, with a comment on what was found."""

import re
from pathlib import PurePosixPath

import yaml

from slipway.data import contract as contracts
from slipway.data import inspection
from slipway.data.exclusion import counts_rows
from slipway.data.source import open_table
from slipway.data.summary import Summary
from slipway.spec import Spec, parse

_NAME_LENGTH = 40
_IDENTIFIER = {"id", "ids", "uuid", "guid", "key", "identifier", "index"}
_EVENT = {"time", "timestamp", "datetime", "date", "ts", "at", "when", "day", "event", "created", "occurred"}
_NO_EVENT = {"birth", "born", "dob", "end", "expiry", "expires", "due", "since", "signup", "start"}


def draft(uri: str, target: str, name: str = "", data: str = "") -> str:
    """Looks at a table and writes a spec for it.

    Args:
        uri: The table.
        target: The column to predict.
        name: Name of the model; empty for one made from the data's.
        data: How the spec is to name the table; empty for ``uri``.

    Returns:
        YAML with comments.

    Raises:
        DataError: The table can't be read, or the target can't be predicted.
        SpecError: The name is not allowed.
    """
    spec = parse({"name": name or _name(uri), "data": uri, "target": target}, Spec)
    source = open_table(uri)
    seen = inspection.inspect(source, spec)
    inspection.refuse(seen.findings)
    examined = contracts.settle(source, spec, seen)
    schema = examined.schema
    ids = [name for name, column in seen.summary.items() if name != target and _names_rows(name, column, seen.rows)]
    when = _event_time([column.name for column in schema.columns if column.kind == "date" and not column.nullable])
    lines = [
        "# What slipway should do with this table. Only name, data and target are needed; "
        "'slipway schema' lists the rest.",
        f"# {examined.rows:,} rows can be used; {len(schema.columns)} columns are inputs:",
        *(
            f"#   {column.name!r}: {column.kind}{', with missing values' * column.nullable}"
            for column in schema.columns
        ),
        *(f"# note: {note}" for note in examined.notes),
        "",
        _field("name", spec.name, "the Deployment, the Service and the registry entry"),
        _field("data", data or uri, "a file, a glob or a folder of CSV or Parquet, local or at any URI"),
        _field("target", target, "the column to predict"),
        _field("task", schema.target.task, _classes(schema.target.classes)),
    ]
    if schema.target.task == "binary":
        lines.append(_field("positive", schema.target.classes[1], "the class whose probability is answered"))
    event_time = _field("event_time", when or "COLUMN", "when a row happened: rows are then split by time")
    identifiers = _field("identifiers", ids or ["COLUMN"], "columns that name a row and say nothing about it")
    lines += [
        "",
        event_time if when else _commented(event_time),
        identifiers if ids else _commented(identifiers),
        _commented(_field("sensitive", ["COLUMN"], "columns kept for fairness only")),
        "",
        _field("candidates", spec.candidates, "what is trained and compared"),
        _field("metric", spec.metric, "auto: roc_auc, log_loss or rmse"),
        _commented("gates: {min_score: 0.7}  # what a challenger must clear besides a gain over the champion"),
        "drift:",
        f"  warn: {spec.drift.warn:g}  # PSI above which a column is named",
        f"  alarm: {spec.drift.alarm:g}  # PSI above which it counts as drifted",
        _commented("  columns: {COLUMN: {warn: 0.5, alarm: 1}}  # limits of single columns"),
        _commented("  importance: false  # let columns alarm that the model hardly relies on, too"),
        _commented("  window: 500  # rows of a window of scores over time; by default a tenth of the rows"),
        "serving:",
        f"  port: {spec.serving.port}",
        "",
    ]
    return "\n".join(lines)


def _names_rows(name: str, column: Summary, rows: int) -> bool:
    """Whether a column numbers the rows, or is called an identifier and has another value in every row."""
    distinct = column.many or len(column.counts) == rows
    called = (
        bool(_IDENTIFIER & _words(name)) and distinct and not column.nulls and column.kind in ("integer", "category")
    )
    numbered = counts_rows(column, rows) and column.maximum == (column.minimum or 0) + rows - 1
    return called or numbered


def _event_time(dates: list[str]) -> str:
    """The only date that is called one of an event; empty when there is none, or several."""
    events = [name for name in dates if _EVENT & _words(name) and not _NO_EVENT & _words(name)]
    return events[0] if len(events) == 1 else ""


def _words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()))


def _name(uri: str) -> str:
    path = PurePosixPath(uri.partition("://")[2] or uri)
    stem = path.name.partition(".")[0] if not set("*?[") & set(path.name) else path.parent.name
    name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-0123456789")[:_NAME_LENGTH].rstrip("-")
    return name or "model"


def _field(name: str, value: object, comment: str) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000).strip()
    return f"{name}: {text.removesuffix('...').strip()}  # {comment}"


def _commented(line: str) -> str:
    return f"# {line}"


def _classes(classes: tuple[str, ...]) -> str:
    if not classes:
        return "the target is a number"
    shown = ", ".join(classes[:5]) + (", …" if len(classes) > 5 else "")
    return f"classes: {' '.join(shown.split())}"
