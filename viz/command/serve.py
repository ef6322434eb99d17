"""The server for the internet: the app with the headers that browsers need to protect its visitors.

`streamlit run viz/command/serve.py` instead of `streamlit run app.py`.
"""

import contextlib
import os
from collections.abc import Awaitable, Callable, MutableMapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

METRICS = "SKIPSCOPE_METRICS"  # environment variable: 1 opens /_stcore/metrics
FRAMES = "SKIPSCOPE_FRAMES"  # environment variable: the sites that may show the app in a frame, besides this one
_APP = Path(__file__).parents[2] / "app.py"
# Streamlit sets styles in elements, compiles its tables' and charts' code, and loads components from blobs.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "media-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}

Event = MutableMapping[str, Any]
Send = Callable[[Event], Awaitable[None]]
Server = Callable[[Event, Callable[[], Awaitable[Event]], Send], Awaitable[None]]


class Headers:
    """Middleware that adds the headers to every answer, and keeps the server's own numbers to itself."""

    def __init__(self, app: Server) -> None:
        self.app = app
        self._added = tuple((name.lower().encode(), value.encode()) for name, value in headers().items())
        self._metrics = os.environ.get(METRICS) == "1"

    async def __call__(self, scope: Event, receive: Callable[[], Awaitable[Event]], send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def reply(event: Event) -> None:
            if event["type"] == "http.response.start":
                names = {name for name, _ in self._added}
                kept = [one for one in event.get("headers", ()) if one[0].lower() not in names]
                event["headers"] = [*kept, *self._added]
            await send(event)

        if scope["path"].rstrip("/").endswith("/_stcore/metrics") and not self._metrics:
            await reply({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, reply)


def headers() -> dict[str, str]:
    """Return the headers of every answer."""
    frames = os.environ.get(FRAMES, "").split()
    policy = _POLICY | {"frame-ancestors": " ".join(["'self'", *frames])}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # a link holds what its visitor chose
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    } | ({} if frames else {"X-Frame-Options": "SAMEORIGIN"})  # older browsers; it can't name other sites


def raise_file_limit() -> None:
    """Let this process open as many files as it may: a visitor takes four, and many systems allow 1,024 at first."""
    if find_spec("resource") is None:  # Windows has no such limit
        return
    import resource  # noqa: PLC0415

    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


raise_file_limit()
app = st.App(_APP, middleware=[Middleware(Headers)])
