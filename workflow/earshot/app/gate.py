"""What of Gradio's server is open to a browser: the page itself, questions and answers, and files of one's own."""

import re
from collections.abc import Awaitable, Callable, Collection, MutableMapping
from typing import Any
from urllib.parse import urlsplit

# All that the page asks for. The rest, such as pages of documentation and monitoring, what fetches other servers' files
# and what edits a page while it runs, is not there.
_OPEN = re.compile(
    r"/(assets/.+|static/.+|config|favicon\.ico|manifest\.json|robots\.txt|theme\.css)?"
    r"|/gradio_api/(info|startup-events|queue/(join|data)|cancel|reset|upload|upload_progress|heartbeat/\w+|file=/.+)"
)
# A browser, too, is told to load from here alone, and to let no other page put this one into a frame.
_HEADERS = {
    "content-security-policy": (
        "default-src 'self' blob: data:; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'; base-uri 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Gate:
    """Stands before an ASGI application; `hosts` are the names by which it may be asked for, or None for any."""

    def __init__(self, app: Callable[[Message, Receive, Send], Awaitable[None]], hosts: Collection[str] | None) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request through if it is for what is open."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message = {**message, "headers": [*message.get("headers", ()), *own]}
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif is_open(scope["path"]) and (self._hosts is None or _host(scope) in self._hosts) and _asks_itself(scope):
            await self._app(scope, receive, with_headers)
        else:
            await with_headers({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"Not found"})


def is_open(path: str) -> bool:
    """Return whether the page may ask for a path."""
    return _OPEN.fullmatch(path) is not None


def _host(scope: Message) -> str:
    """Return the name that a server is asked for by, without its port."""
    return re.sub(r":\d+$", "", _header(scope, b"host"))


def _asks_itself(scope: Message) -> bool:
    """Return whether no other page asks: a link may lead here, but nothing is sent from elsewhere."""
    origin = _header(scope, b"origin")
    return scope["method"] in ("GET", "HEAD") or not origin or urlsplit(origin).netloc == _header(scope, b"host")


def _header(scope: Message, name: bytes) -> str:
    return str(dict(scope["headers"]).get(name, b"").decode("latin-1"))
