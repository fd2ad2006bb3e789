import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.app import create
from slipway.serving.telemetry.traces import Context, read
from slipway.settings import Settings, Traces

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


class Collector:
    def __init__(self) -> None:
        received = self.received = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                import gzip

                body = self.rfile.read(int(self.headers["content-length"]))
                plain = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
                received.append(ExportTraceServiceRequest.FromString(plain))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def spans(self) -> list:
        return [
            span
            for message in self.received
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    yield made
    made.server.shutdown()
    made.thread.join()
    made.server.server_close()


def test_a_span_belongs_to_the_client_s_trace(bundle: Bundle, collector: Collector) -> None:
    endpoint = f"http://127.0.0.1:{collector.server.server_port}/v1/traces"
    headers = {"traceparent": f"00-{TRACE}-{SPAN}-01", "x-request-id": "r-1"}
    with TestClient(create(bundle, Settings(traces=Traces(endpoint)))) as client:
        client.post("/predict", json={"rows": bundle.golden.rows(bundle.schema)[:3]}, headers=headers)
        client.get("/healthz", headers={"traceparent": f"00-{TRACE}-{SPAN}-00"})
        client.post("/predict", content=b"")
    sent = {span.name: span for span in collector.spans}
    assert len(collector.spans) == 2
    first = next(span for span in collector.spans if span.parent_span_id)
    assert (first.trace_id.hex(), first.parent_span_id.hex()) == (TRACE, SPAN)
    found = {item.key: item.value for item in first.attributes}
    assert found["http.response.status_code"].int_value == 200
    assert found["slipway.rows"].int_value == 3
    assert found["slipway.id"].string_value == "r-1"
    assert first.end_time_unix_nano > first.start_time_unix_nano
    assert set(sent) == {"POST /predict"}


@pytest.mark.parametrize(
    ("header", "context"),
    [
        (f"00-{TRACE}-{SPAN}-01", Context(int(TRACE, 16), int(SPAN, 16), True)),
        (f"00-{TRACE}-{SPAN}-00", Context(int(TRACE, 16), int(SPAN, 16), False)),
        (f"cc-{TRACE}-{SPAN}-01-more", Context(int(TRACE, 16), int(SPAN, 16), True)),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        ("", None),
    ],
)
def test_traceparent_is_read_as_the_standard_says(header: str, context: Context | None) -> None:
    assert read(header.encode()) == context
