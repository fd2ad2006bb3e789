"""A soak: good, wrong and broken requests to one server, and its memory as they pass.

``--requests N`` says how many (a million by default); ``--json`` prints one object. Exits with 1 when an answer is a
server error or the memory of the second half grows by more than 5 %.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

import psutil
import uvloop

sys.path.insert(0, str(Path(__file__).parent / "servers"))

import polars as pl
from peers import SLIPWAY, running

import serving

CONNECTIONS = 8
LOOKS = 20
GROWTH = 1.05


def bodies(rows: list[dict[str, object]]) -> list[bytes]:
    good = [json.dumps({"rows": [row]}).encode() for row in rows]
    wrong = [json.dumps({"rows": [{**row, "number1": "x", "nothing": 1}]}).encode() for row in rows[:50]]
    broken = [b"{", b"[]", b'{"rows": [' + b"[" * 2000, json.dumps({"rows": rows[:100]}).encode()]
    return [*good, *wrong, *broken]


async def send(port: int, contents: list[bytes], count: int, place: int) -> int:
    """Sends requests over one connection; gives the number of server errors."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    failures = 0
    for at in range(count):
        body = contents[(place * 101 + at) % len(contents)]
        writer.write(b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        failures += head.startswith(b"HTTP/1.1 5")
        length = head.lower().split(b"content-length:")[1].split(b"\r")[0]
        await reader.readexactly(int(length))
    writer.close()
    return failures


async def soak(port: int, process: psutil.Process, contents: list[bytes], requests: int) -> tuple[int, list[float]]:
    failures, sizes = 0, []
    for _ in range(LOOKS):
        each = requests // LOOKS // CONNECTIONS
        failures += sum(await asyncio.gather(*(send(port, contents, each, place) for place in range(CONNECTIONS))))
        sizes.append(process.memory_info().rss / 1e6)
    return failures, sizes


def server_at(port: int) -> psutil.Process:
    listening = [item for item in psutil.Process().children(recursive=True) if str(port) in item.cmdline()]
    return listening[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--models", type=Path, default=serving.CACHE / "serving-models")
    options = parser.parse_args()
    folder = serving.models(options.models)
    rows = pl.read_parquet(folder / "data.parquet").drop("y").head(500).to_dicts()
    with running(SLIPWAY, Path(sys.executable).parent, folder, rows[1]) as (url, _, _):
        port = int(url.rpartition(":")[2].partition("/")[0])
        failures, sizes = uvloop.run(soak(port, server_at(port), bodies(rows), options.requests))
    growth = sizes[-1] / sizes[len(sizes) // 2]
    if options.json:
        print(json.dumps({"requests": options.requests, "server_errors": failures, "growth": growth, "rss_mb": sizes}))
    else:
        print(f"{options.requests:,} requests, {failures} server errors; memory in MB as they pass:")
        print(" ".join(f"{size:.0f}" for size in sizes))
    sys.exit(int(failures > 0 or growth > GROWTH))


if __name__ == "__main__":
    main()
