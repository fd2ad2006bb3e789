"""A look at every row of a table: what is in it, and how each check went."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from slipway.data import evolution, gates, named
from slipway.data import summary as summaries
from slipway.data.evolution import Known
from slipway.data.finding import Finding, judged, percent
from slipway.data.gates import Checked, Gates, State
from slipway.data.sample import sampled
from slipway.data.source import Source
from slipway.data.summary import Summary
from slipway.data.usable import NO_CONSENT, NO_ENTITY, NO_TARGET, YES, usable
from slipway.errors import Failure, GateError
from slipway.spec import Spec


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a look at every row found.

    Attributes:
        total: Rows of the table.
        rows: Rows that may be used.
        dropped: Rows dropped for each reason.
        summary: Summary of each column over the rows that may be used.
        findings: How each check went.
    """

    total: int
    rows: int
    dropped: dict[str, int]
    summary: dict[str, Summary]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a check failed."""
        return any(finding.verdict == "failed" for finding in self.findings)


def inspect(source: Source, spec: Spec, known: Known | None = None) -> Inspection:
    """Looks at every row of a table once, and checks it; what is outside of its limits is found, not raised.

    Args:
        source: The table.
        spec: The spec: target, named columns, quality, evolution.
        known: What the champion knows; None for nothing to compare with.

    Raises:
        UnknownNameError: The spec names a column that is not there.
        DataError: The weights are none, or a limit does not suit the table.
    """
    named.check(source, spec)
    checks = gates.prepare(spec, source.columns)
    total, dropped, summary, state = _gather(source, spec, checks)
    checked = [
        *(
            Checked(finding)
            for finding in (_enough_rows(state.rows, dropped, spec), _few_dropped(total, dropped, spec))
        ),
        *gates.finish(checks, state, spec, summary),
        *(Checked(finding) for finding in (evolution.compare(known, spec, summary) if known else ())),
    ]
    return Inspection(total, state.rows, dropped, summary, tuple(sampled(checked, source, spec)))


def refuse(findings: Iterable[Finding], where: str = "") -> None:
    """Stops when a check failed, and tells all that did.

    Args:
        findings: How the checks went.
        where: Where the report is; empty for none.

    Raises:
        GateError: A check failed.
    """
    failed = [finding for finding in findings if finding.verdict == "failed"]
    if failed:
        sentences = "; ".join(finding.sentence for finding in failed)
        message = f"the data is outside of its limits: {sentences}" + (f"; the report is at {where}" if where else "")
        raise GateError(message, [Failure(f.check, f.column, f.limit, f.value) for f in failed])


def _gather(source: Source, spec: Spec, checks: Gates) -> tuple[int, dict[str, int], dict[str, Summary], State]:
    total, counts = 0, Counter[str]()
    summary: dict[str, Summary] = {}
    state: State | None = None
    for frame in source.batches():
        kept, dropped = usable(frame, spec)
        total += len(frame)
        counts.update(dropped)
        part = {name: summaries.fit(kept[name], kind) for name, kind in source.columns.items()}
        summary = {name: summaries.merge([summary[name], part[name]]) for name in part} if summary else part
        seen = gates.fit(checks, kept)
        state = seen if state is None else gates.merge([state, seen])
    assert state is not None  # noqa: S101 - a source has at least one row
    return total, {reason: count for reason, count in counts.items() if count}, summary, state


def _enough_rows(kept: int, dropped: dict[str, int], spec: Spec) -> Finding:
    least, refused = spec.quality.min_rows, dropped.get(NO_CONSENT, 0)
    why = f" ({refused:,} others lack consent: their {spec.consent!r} is none of {', '.join(YES)})" if refused else ""
    said = f"{kept:,} rows can be used{why}; quality.min_rows asks for {least:,}"
    return Finding("rows", "", judged(kept >= least), said, f"at least {least:,}", f"{kept:,}")


def _few_dropped(total: int, dropped: dict[str, int], spec: Spec) -> Finding:
    count = dropped.get(NO_TARGET, 0) + dropped.get(NO_ENTITY, 0)
    most = spec.quality.max_dropped_share
    names = " or no ".join(repr(name) for name in (spec.target, spec.entity) if name)
    said = f"{count:,} of {total:,} rows have no {names}; quality.max_dropped_share allows {most:.0%}"
    limit, value = f"at most {percent(most)}", percent(count / max(total, 1))
    return Finding("rows without a target", "", judged(count <= most * total), said, limit, value, count)
