"""The report on the data: one HTML page that opens without the network and needs no script."""

import jinja2

from slipway.data.contract import Contract
from slipway.data.finding import percent
from slipway.data.inspection import Inspection
from slipway.data.sample import REDACTED
from slipway.data.schema import NUMERIC
from slipway.data.summary import Summary
from slipway.spec import Spec

COLUMNS = 500
"""Most columns that are listed."""

_ORDER = {"failed": 0, "noted": 1, "passed": 2}


def report(spec: Spec, seen: Inspection, fingerprint: str, contract: Contract | None = None) -> str:
    """Writes the report.

    Args:
        spec: The spec.
        seen: What a look at every row found.
        fingerprint: Fingerprint of the data.
        contract: What the table promises; None when it was refused.

    Returns:
        A whole HTML page.
    """
    findings = sorted(contract.findings if contract else seen.findings, key=lambda item: _ORDER[item.verdict])
    hidden = {*spec.sensitive, *spec.sensitive_features}
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("slipway.data"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html").render(
        spec=spec,
        seen=seen,
        fingerprint=fingerprint,
        findings=findings,
        failed=sum(item.verdict == "failed" for item in findings),
        notes=contract.notes if contract else (),
        columns=[(name, item, _range(item, name in hidden)) for name, item in list(seen.summary.items())[:COLUMNS]],
        excluded=contract.schema.excluded if contract else {},
        percent=percent,
        redacted=REDACTED,
    )


def _range(column: Summary, hidden: bool) -> str:
    """What was seen in a column, in a few words."""
    if hidden:
        return REDACTED
    if column.kind == "category":
        return f"{'more than ' * column.many}{len(column.counts):,} levels"
    if column.kind in NUMERIC and column.minimum is not None and column.maximum is not None:
        return f"{column.minimum:,.6g} to {column.maximum:,.6g}"
    return ""
