"""Where the tools are in the window: one address, between the door and gradio's own. Imports nothing of the protocol."""

import json
from collections.abc import MutableMapping
from typing import Any
from weakref import WeakKeyDictionary

from ui.gate.door import App
from ui.gate.replies import Receive, Send
from ui.gate.routes import inside

ADDRESS = "/mcp"
_CLOSED = json.dumps({"error": "MCP is not switched on here: start the window with citewise chat --mcp"}).encode()

served: WeakKeyDictionary[Any, App] = WeakKeyDictionary()
"""What answers there, by the Blocks of the window."""


class McpAddress:
    """Answers at the address, and hands everything else on."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer the request where it is for the tools."""
        if scope["type"] != "http" or inside("", scope.get("root_path", ""), scope["path"])[0].rstrip("/") != ADDRESS:
            await self._app(scope, receive, send)
            return
        await served.get(scope["app"].get_blocks(), _closed)(scope, receive, send)


async def _closed(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(_CLOSED)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": _CLOSED})
