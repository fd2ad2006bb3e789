"""How a server answers: its limits, its threads and what it may say."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request, and all of them together, may take.

    Attributes:
        body_bytes: Largest body.
        rows: Most rows in one request.
        depth: Deepest nesting of a JSON body.
        text: Longest text value, in characters.
        errors: Most wrong fields that one answer lists.
        receive_s: Seconds until a request must have arrived whole, and until a client must have taken its answer.
        queue: Large requests that may wait for a thread; more are told to come back.
    """

    body_bytes: int = 16 * 1024 * 1024
    rows: int = 50_000
    depth: int = 16
    text: int = 10_000
    errors: int = 100
    receive_s: float = 15.0
    queue: int = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """How a server answers.

    Attributes:
        limits: What requests may take.
        threads: Threads for large requests, and for one large batch.
        redact: Whether values stay out of what a refused request is told.
    """

    limits: Limits = Limits()
    threads: int = 2
    redact: bool = True
