"""A small load balancer that behaves as deploy/nginx does: what no node has taken goes to the next node."""

import asyncio
import threading
import time
from collections.abc import Sequence

CONNECT_SECONDS, ANSWER_SECONDS, SHUNNED_SECONDS = 2, 65, 2
REPEATABLE = (b"GET", b"HEAD", b"OPTIONS")
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Balancer(threading.Thread):
    """Listens on ``port`` and shares the requests out to ``nodes`` (ports) in turn."""

    def __init__(self, port: int, nodes: Sequence[int]) -> None:
        super().__init__(name="balancer", daemon=True)
        self.port, self.nodes = port, list(nodes)
        self._turn = 0
        self._shunned: dict[int, float] = {}
        self._drained: set[int] = set()
        self._listening = threading.Event()

    def start(self) -> None:
        """Return when it listens."""
        super().start()
        self._listening.wait(10)

    def run(self) -> None:
        """Serve for good."""
        asyncio.run(self._serve())

    def drain(self, node: int) -> None:
        """Send no new requests to a node, as ``down`` does in nginx."""
        self._drained.add(node)

    def fill(self, node: int) -> None:
        """Send requests to it again."""
        self._drained.discard(node)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port, backlog=512)
        self._listening.set()
        async with server:
            await server.serve_forever()

    async def _pass_on(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            head = await client.readuntil(b"\r\n\r\n")
            lines = head[:-4].split(b"\r\n")
            fields = {
                name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
            }
            body = await client.readexactly(int(fields.get(b"content-length", b"0")))
            kept = [line for line in lines if not line.lower().startswith(b"connection:")]
            request = b"\r\n".join([*kept, b"Connection: close", b"", b""]) + body
            back.write(await self._ask(request, head.split(b" ", 1)[0] in REPEATABLE))
            await back.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            back.close()

    async def _ask(self, request: bytes, repeatable: bool) -> bytes:
        for node in self._order():
            try:
                reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", node), CONNECT_SECONDS)
            except (OSError, TimeoutError):
                self._shunned[node] = time.monotonic() + SHUNNED_SECONDS
                continue
            try:
                writer.write(request)
                await writer.drain()
                answer = await asyncio.wait_for(reader.read(-1), ANSWER_SECONDS)
                if answer:
                    return answer
            except (OSError, TimeoutError):
                pass
            finally:
                writer.close()
            self._shunned[node] = time.monotonic() + SHUNNED_SECONDS
            if not repeatable:
                break
        return BAD_GATEWAY

    def _order(self) -> list[int]:
        self._turn += 1
        nodes = [node for node in self.nodes if node not in self._drained]
        turned = nodes[self._turn % len(nodes) :] + nodes[: self._turn % len(nodes)]
        return sorted(turned, key=lambda node: self._shunned.get(node, 0) > time.monotonic())
