"""A soak: good, wrong and spoiled requests to several workers, while their log leaks and one after the other is killed.

The prediction log goes to a bucket that is there, slow and gone in turn. In every other part of the soak a worker is
killed under load. Exits with 1 when an answer is a server error or does not come, when a killed worker costs more than
the requests that it had under way or does not return, or when the memory of the worker that is never killed grows.
``--requests N`` says how many (a million by default); ``--json`` prints one object.
"""

import argparse
import asyncio
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path

import polars as pl
import psutil
import uvloop

sys.path.insert(0, str(Path(__file__).parent / "servers"))

import bodies
from peers import SLIPWAY, running
from sink import Sink, State

import serving

CONNECTIONS = 8
WORKERS = 2
PARTS = 24
VARIETY = 4000
"""Different requests of each part."""

REQUESTS = 500
"""Requests of one connection, so that a worker that returns gets some."""

STATES: tuple[State, ...] = ("there", "slow", "gone", "there")
PATIENCE_SECONDS = 30.0
GROWTH = 1.05
LOG = ("--log-uri=s3://bucket/log", "--log-rows=2000", "--log-seconds=1", "--log-queue-mb=8")
BUCKET = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass
class Found:
    """What the soak saw.

    Attributes:
        answers: Status to number of answers.
        workers: Worker, as the requests' ids name it, to number of answers.
        server_errors: Status and beginning of each answer that is a server error.
        silent: Requests that were not answered in time.
        lost: Requests that a killed worker had under way.
        killed: For each killed worker the seconds until its successor answered, infinite where it did not, and the
            answers that the others gave in them.
        memory_mb: Memory of the worker that is never killed, after each part.
    """

    answers: Counter[int] = field(default_factory=Counter)
    workers: Counter[str] = field(default_factory=Counter)
    server_errors: list[str] = field(default_factory=list)
    silent: int = 0
    lost: int = 0
    killed: list[tuple[float, int]] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    @property
    def growth(self) -> float:
        """Memory in the last round of the sink's states over that in the second one."""
        size = len(STATES)
        return statistics.mean(self.memory_mb[-size:]) / statistics.mean(self.memory_mb[size : 2 * size])

    @property
    def faults(self) -> list[str]:
        """What is not as it should be, in words."""
        told = {
            f"{len(self.server_errors)} server errors: {self.server_errors[:3]}": bool(self.server_errors),
            f"{self.silent} requests were not answered": self.silent > 0,
            f"{self.lost} requests were lost": self.lost > len(self.killed) * CONNECTIONS,
            "a killed worker did not return": any(seconds > PATIENCE_SECONDS for seconds, _ in self.killed),
            "nobody answered while a worker was gone": any(not answers for _, answers in self.killed),
            f"memory grew {self.growth:.2f} times": self.growth > GROWTH,
        }
        return [sentence for sentence, wrong in told.items() if wrong]


async def client(port: int, contents: list[bytes], place: int, found: Found, ends: Callable[[int], bool]) -> None:
    """Sends requests one after the other, over a new connection now and then, until it is to end."""
    writer = None
    for sent in count():
        if writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                writer.write(contents[(place * 501 + sent) % len(contents)])
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                body = await reader.readexactly(int(_header(head, b"content-length")))
        except TimeoutError:
            found.silent += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            found.lost += 1
        else:
            _note(found, head, body)
            if sent % REQUESTS and b"connection: close" not in head and not ends(sent):
                continue
        writer.close()
        writer = None
        if ends(sent):
            return


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(b"\r\n" + name + b":")[2].partition(b"\r")[0].strip()


def _note(found: Found, head: bytes, body: bytes) -> None:
    status = int(head[9:12])
    found.answers[status] += 1
    found.workers[_header(head, b"x-request-id").partition(b"-")[0].decode()] += 1
    if status >= 500:
        found.server_errors.append(f"{status} {body[:200]!r}")


async def kill(worker: psutil.Process, found: Found) -> None:
    """Kills a worker, and waits for an answer of the one that takes its place."""
    await asyncio.sleep(1)
    known, answers = set(found.workers), found.answers.total()
    began = time.perf_counter()
    worker.kill()
    while not found.workers.keys() - known and time.perf_counter() - began <= PATIENCE_SECONDS:
        await asyncio.sleep(0.01)
    found.killed.append((time.perf_counter() - began, found.answers.total() - answers))


async def part(
    number: int, port: int, killed: psutil.Process | None, rows: list[bodies.Row], each: int, found: Found
) -> None:
    """Some requests of each connection, and more of them until a worker that is killed meanwhile is back."""
    contents = bodies.requests(rows, VARIETY, number)
    killing = asyncio.create_task(kill(killed, found)) if killed else None

    def ends(sent: int) -> bool:
        return sent >= each and (killing is None or killing.done())

    await asyncio.gather(*(client(port, contents, place, found, ends) for place in range(CONNECTIONS)))


async def soak(port: int, supervisor: psutil.Process, sink: Sink, rows: list[bodies.Row], requests: int) -> Found:
    found, spared = Found(), supervisor.children()[0]
    for number in range(PARTS):
        sink.state = STATES[number % len(STATES)]
        killed = next(item for item in supervisor.children() if item != spared) if number % 2 else None
        await part(number, port, killed, rows, requests // PARTS // CONNECTIONS, found)
        found.memory_mb.append(spared.memory_full_info().uss / 1e6)
    return found


async def counted(port: int) -> dict[str, float]:
    """What the server's metrics say of the log."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    text = (await reader.read(-1)).decode()
    writer.close()
    found = re.findall(r'^slipway_(log_\w+|dropped_total)\{(?:what="log_rows")?\} (\S+)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def show(found: Found, seconds: float, log: dict[str, float]) -> None:
    print(f"{found.answers.total():,} answers in {seconds:.0f} s by {WORKERS} workers; by status:", dict(found.answers))
    print(f"{len(found.server_errors)} server errors, {found.silent} requests without an answer")
    slowest, fewest = max(item[0] for item in found.killed), min(item[1] for item in found.killed)
    print(f"{len(found.killed)} workers killed: {found.lost} requests lost; others answered at least {fewest} times")
    print(f"until the successor answered, which took at most {slowest:.2f} s")
    print("the log:", {name: f"{value:,.0f}" for name, value in log.items()})
    print("memory in MB after each part:", " ".join(f"{size:.0f}" for size in found.memory_mb))
    print(f"the last {len(STATES)} parts over the second {len(STATES)}: {found.growth:.3f} times")


def run(folder: Path, requests: int) -> tuple[Found, float, dict[str, float]]:
    rows = pl.read_parquet(folder / "data.parquet").drop("y").head(500).to_dicts()
    sink = Sink()
    server = replace(
        SLIPWAY,
        command=lambda *given: [*SLIPWAY.command(*given), f"--workers={WORKERS}", *LOG],
        environment=lambda _: {**BUCKET, "AWS_ENDPOINT_URL": sink.address},
    )
    with running(server, Path(sys.executable).parent, folder, rows[1]) as (url, _, pid):
        port, supervisor = int(url.rpartition(":")[2].partition("/")[0]), psutil.Process(pid)
        while len(supervisor.children()) < WORKERS:
            time.sleep(0.05)
        began = time.perf_counter()
        found = uvloop.run(soak(port, supervisor, sink, rows, requests))
        return found, time.perf_counter() - began, uvloop.run(counted(port))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--models", type=Path, default=serving.CACHE / "serving-models")
    options = parser.parse_args()
    found, seconds, log = run(serving.models(options.models), options.requests)
    if options.json:
        said = {**asdict(found), "growth": found.growth, "seconds": seconds, "log": log, "faults": found.faults}
        print(json.dumps(said))
    else:
        show(found, seconds, log)
    for fault in found.faults:
        print(fault, file=sys.stderr)
    sys.exit(bool(found.faults))


if __name__ == "__main__":
    main()
