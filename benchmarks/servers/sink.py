"""A bucket that leaks: it takes objects at once, slowly, or not at all."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

State = Literal["there", "slow", "gone"]

SLOW_SECONDS = 2.0


class Sink:
    """As much of the S3 API as an upload needs; objects are counted and forgotten.

    Attributes:
        state: What becomes of the next upload.
        objects: Uploads that were taken.
        address: Where it listens.
    """

    def __init__(self) -> None:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                if sink.state == "gone":
                    self.close_connection = True
                    return
                time.sleep(SLOW_SECONDS if sink.state == "slow" else 0)
                sink.objects += 1
                self.send_response(200)
                self.send_header("etag", '"0"')
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.state: State = "there"
        self.objects = 0
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
