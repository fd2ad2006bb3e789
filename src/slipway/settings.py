"""How a model server answers: settings that the spec, the command line and the environment share.

They are plain dataclasses, because the server starts without pydantic; the spec has them as a section.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar


@dataclass(frozen=True, slots=True)
class Range:
    """The range of a number.

    Attributes:
        low: Smallest value.
        high: Largest value.
    """

    low: float
    high: float


_STRICT: dict[str, Any] = {"extra": "forbid", "use_attribute_docstrings": True}

Port = Annotated[int, Range(0, 65535)]
Seconds = Annotated[float, Range(0.001, 86400)]
Percent = Annotated[float, Range(0, 100)]


@dataclass(frozen=True)
class Limits:
    """What one request, and all of them together, may take."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    body_bytes: Annotated[int, Range(1, 1 << 31)] = 16 * 1024 * 1024
    """Largest body."""
    rows: Annotated[int, Range(1, 10_000_000)] = 50_000
    """Most rows in one request."""
    depth: Annotated[int, Range(1, 1000)] = 16
    """Deepest nesting of a JSON body."""
    text: Annotated[int, Range(1, 1 << 31)] = 10_000
    """Longest text value, in characters."""
    errors: Annotated[int, Range(1, 100_000)] = 100
    """Most wrong fields that one answer lists."""
    receive_s: Seconds = 15.0
    """Seconds until a request must have arrived whole, and until a client must have taken its answer."""
    queue: Annotated[int, Range(0, 100_000)] = 32
    """Large requests that may wait for a thread; more are told to come back."""


@dataclass(frozen=True)
class Log:
    """The prediction log."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    uri: str = ""
    """Folder at any fsspec URI for rows, predictions and feedback as Parquet; empty: nothing is logged."""
    rows: Annotated[int, Range(1, 10_000_000)] = 50_000
    """Rows of a file, at most."""
    seconds: Seconds = 60
    """Longest time that a row waits before it is written."""
    queue_mb: Annotated[float, Range(0.001, 100_000)] = 64
    """Memory of the rows that may wait, in MB; what comes when it is full is dropped and counted."""


@dataclass(frozen=True)
class Cache:
    """The response cache in Redis."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    url: str = ""
    """Redis to keep answers in, as redis://HOST:6379/0; empty: nothing is kept."""
    seconds: Seconds = 300
    """How long an answer is kept."""
    timeout_ms: Annotated[float, Range(1, 10_000)] = 20
    """Longest wait for Redis; after it the model answers."""


@dataclass(frozen=True)
class Tls:
    """Certificates."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    certificate: str = ""
    """The server's certificate chain (PEM); empty: plain HTTP."""
    key: str = ""
    """Its private key (PEM)."""
    client_ca: str = ""
    """Authority that must have signed a client's certificate (PEM); empty: clients need none."""


@dataclass(frozen=True)
class Traces:
    """Traces over OTLP."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    endpoint: str = ""
    """Where spans go, as http://collector:4318/v1/traces; empty: no spans."""
    percent: Percent = 100
    """Share of the requests without a traceparent that are traced."""


@dataclass(frozen=True)
class When:
    """A rule on one column."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    column: str
    """The column of the request's rows."""
    values: tuple[str | float | bool, ...]
    """Values that the variant answers for."""


@dataclass(frozen=True)
class Key:
    """What decides which of the weighted variants answers; exactly one of the two."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    header: str = ""
    """A header of the request."""
    column: str = ""
    """A column of the request's rows."""


@dataclass(frozen=True)
class Variant:
    """Another bundle that answers for a part of the requests; exactly one of percent, when and shadow is given."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    name: str
    """Name of the variant, in answers, metrics and logs."""
    bundle: str
    """A folder or a URI."""
    percent: Percent | None = None
    """Share of the keys that it answers for."""
    when: When | None = None
    """The rows that it answers for."""
    shadow: bool = False
    """It answers for every request, and only the difference is counted."""


@dataclass(frozen=True)
class Model:
    """A model that is served."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    bundle: str
    """A folder or a URI."""
    digest: str = ""
    """Digest that the bundle must have; empty for any, which a reload may change."""
    variants: tuple[Variant, ...] = ()
    """Other bundles beside it."""
    key: Key | None = None
    """What is hashed to choose among the weighted variants."""
    fallback: str = ""
    """A folder or a URI of a bundle that answers in its place once alive_until is past; empty: then it is not ready."""


@dataclass(frozen=True)
class Settings:
    """How the model server answers."""

    __pydantic_config__: ClassVar[dict[str, Any]] = _STRICT
    limits: Limits = field(default_factory=Limits)
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Port = 8080
    """Port to listen on; 0 takes a free one."""
    threads: Annotated[int, Range(1, 256)] = 2
    """Threads for large requests, and for the parts of one large batch where that is measured to be faster."""
    redact: bool = True
    """Keep values out of what a refused request is told."""
    refuse_outside: bool = False
    """Refuse numbers and dates outside of the range of the training data; else they are answered and counted."""
    workers: Annotated[int, Range(1, 256)] = 1
    """Processes that answer."""
    metrics_port: Port = 0
    """Port for /metrics and the probes alone; 0: only where predictions are answered."""
    drain_s: Seconds = 20
    """Longest time for requests that are under way when the server is told to end."""
    leave_s: Annotated[float, Range(0, 3600)] = 0
    """Time for which it says that it is not ready, and still answers, before it takes no more requests."""
    reload_s: Annotated[float, Range(0, 86400)] = 0
    """Seconds between two looks for a new bundle; 0: only on SIGHUP."""
    wait: bool = False
    """Stay up, alive but not ready, when a bundle is refused, as a container should; else exit with 2."""
    alive_until: str = ""
    """File with the moment, in seconds since 1970, until which it may answer; a rollout writes it for its canary."""
    token_file: str = ""
    """File with the bearer token that every request needs; it may change while the server runs."""
    public_key: str = ""
    """Ed25519 key, 64 hex digits, that must have signed every bundle; empty: unsigned ones are served too."""
    access_log: bool = False
    """Write a line of JSON for each request to stderr."""
    log_values: bool = False
    """Put the rows into these lines too."""
    log: Log = field(default_factory=Log)
    cache: Cache = field(default_factory=Cache)
    tls: Tls = field(default_factory=Tls)
    traces: Traces = field(default_factory=Traces)
    models: dict[str, Model] = field(default_factory=dict)
    """Name to model, where a list of bundles is not enough."""
