"""The columns that a spec names, held against those that there are."""

from slipway.data.schema import NUMERIC
from slipway.data.source import Source
from slipway.errors import DataError, UnknownNameError
from slipway.spec import Spec


def check(source: Source, spec: Spec) -> None:
    """Checks that they are there, and of a kind that suits.

    Args:
        source: The table.
        spec: The spec.

    Raises:
        UnknownNameError: A column is not there.
        DataError: The target is named as something else too, or a column is of a kind that does not suit.
    """
    single = {name: getattr(spec, name) for name in ("target", "event_time", "entity", "weight", "consent")}
    several = {"sensitive": spec.sensitive, "sensitive_features": spec.sensitive_features}
    for field, columns in {**{field: [name] for field, name in single.items() if name}, **several}.items():
        for name in columns:
            if name not in source.columns:
                hidden = " (it is under 'identifiers')" if name in spec.identifiers else ""
                where = f"the data{hidden}, but field {field!r} names it"
                raise UnknownNameError(what="column", name=name, known=source.columns, where=where)
    taken = next((field for field, name in single.items() if name == spec.target and field != "target"), "")
    if taken or spec.target in sensitive(spec):
        message = f"column {spec.target!r} is the target, so it can't be {taken or 'sensitive'} as well"
        raise DataError(message)
    _check_kinds(source, spec)


def sensitive(spec: Spec) -> tuple[str, ...]:
    """The sensitive columns that a spec names."""
    return tuple(dict.fromkeys([*spec.sensitive, *spec.sensitive_features]))


def _check_kinds(source: Source, spec: Spec) -> None:
    if spec.event_time and source.columns[spec.event_time] == "category":
        message = (
            f"column {spec.event_time!r} is to be the event time, but holds text; write it as 2026-11-21 or as a number"
        )
        raise DataError(message)
    if spec.weight and source.columns[spec.weight] not in NUMERIC:
        message = f"column {spec.weight!r} is to be the weight, but is {source.columns[spec.weight]}, not a number"
        raise DataError(message)
