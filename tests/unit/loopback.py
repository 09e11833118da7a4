"""A small HTTP server on 127.0.0.1 that fails as it is told."""

import re
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 1 << 14  # bytes


@dataclass(frozen=True)
class Answer:
    """How the server answers one request. The defaults are those of a good server."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None  # None: the file that is asked for
    ranges: bool = True  # whether it understands Range
    announced: bool = True  # whether it says the length
    etag: str | None = '"one"'
    cut_after: int | None = None  # bytes of the body, then the connection ends
    reset: bool = True  # whether it ends with a reset, or as if all were well
    stall_after: int | None = None  # bytes of the body, then silence
    seconds_a_piece: float = 0.0


@dataclass(frozen=True)
class Request:
    """What the server was asked, and when."""

    path: str
    range: str | None
    if_range: str | None
    at: float


class Loopback:
    """Files by path, and the answers to come: first those of `script`, one a request, and then `always`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.script: deque[Answer] = deque()
        self.always = Answer()
        self.requests: list[Request] = []
        self.sent = 0  # bytes of bodies
        self.open = self.most_open = 0
        self.closing = threading.Event()  # ends a stall
        self.guard = threading.Lock()
        self.url = ""

    def next_answer(self) -> Answer:
        with self.guard:
            return self.script.popleft() if self.script else self.always


class _Handler(BaseHTTPRequestHandler):
    loopback: Loopback

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        loopback = self.loopback
        with loopback.guard:
            wanted = Request(self.path, self.headers["Range"], self.headers["If-Range"], time.monotonic())
            loopback.requests.append(wanted)
            loopback.open += 1
            loopback.most_open = max(loopback.most_open, loopback.open)
        self.counted = True
        try:
            self.respond(loopback.next_answer(), wanted)
        except (BrokenPipeError, ConnectionResetError):
            pass  # who asked has gone
        finally:
            self.count_out()

    def count_out(self) -> None:
        """Take this connection for closed. Once its last piece is sent, who asked may open the next at any time."""
        with self.loopback.guard:
            self.loopback.open -= self.counted
            self.counted = False

    def respond(self, answer: Answer, wanted: Request) -> None:
        whole = self.loopback.files.get(self.path) if answer.body is None else answer.body
        status, headers = answer.status, dict(answer.headers)
        if whole is None:
            status, whole = 404, b"no such file"
        body = whole
        if answer.etag:
            headers["ETag"] = answer.etag
        if answer.ranges and status == 200 and wanted.range and wanted.if_range in (None, answer.etag):
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted.range)[1])
            if start < len(whole):
                status, body = 206, whole[start:]
                headers["Content-Range"] = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
            else:
                status, body = 416, b""
                headers["Content-Range"] = f"bytes */{len(whole)}"
        self.send_response(status)
        if answer.announced:
            headers.setdefault("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.send_body(body, answer)

    def send_body(self, body: bytes, answer: Answer) -> None:
        ends = [end for end in (answer.cut_after, answer.stall_after) if end is not None]
        for start in range(0, min([len(body), *ends]), PIECE):
            piece = body[start : min([start + PIECE, *ends])]
            time.sleep(answer.seconds_a_piece)
            if start + PIECE >= len(body):
                self.count_out()
            self.wfile.write(piece)
            self.loopback.sent += len(piece)
        if answer.stall_after is not None:
            self.loopback.closing.wait(30)
        if answer.cut_after is not None and answer.reset:
            time.sleep(0.1)  # so that what was sent is read before the reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()


@contextmanager
def serving() -> Iterator[Loopback]:
    """Run a server until the block ends."""
    loopback = Loopback()
    handler = type("Handler", (_Handler,), {"loopback": loopback})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        loopback.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield loopback
        finally:
            loopback.closing.set()
            server.shutdown()
            thread.join()
