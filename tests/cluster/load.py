"""Requests without a pause, from inside of the cluster: prints how many were answered, and how the others went."""

import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter

host, port, body = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
seen: Counter[str] = Counter()
lock = threading.Lock()
ports = itertools.count()
"""Each connection has a port of its own: for one used again, the node's NAT may still know a pod that is gone."""


def ask() -> str:
    connection = http.client.HTTPConnection(host, port, timeout=10, source_address=("", 10_000 + next(ports) % 50_000))
    try:
        connection.request("POST", "/predict", body, {"content-type": "application/json", "connection": "close"})
        response = connection.getresponse()
        response.read()
    except OSError as error:
        return type(error).__name__
    except http.client.HTTPException as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(response.status)


def work() -> None:
    while True:
        answer = ask()
        with lock:
            seen[answer] += 1
        time.sleep(0.01)


for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
while True:
    time.sleep(1)
    with lock:
        print(json.dumps(seen), flush=True)  # noqa: T201
