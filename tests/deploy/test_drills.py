"""The rehearsals' own balancer does what nginx does: nothing that a node has taken is sent twice."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from deploy.drills.__main__ import DRILLS
from deploy.drills.balancer import Balancer
from deploy.drills.island import CABLES, island
from deploy.drills.report import PAGE
from tests.waiting import answers, free_port, wait_until


class Node(ThreadingHTTPServer):
    """Answers with its number, or takes the request and hangs up."""

    def __init__(self, port: int) -> None:
        self.heard: list[str] = []
        self.breaks = False
        super().__init__(("127.0.0.1", port), Answer)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def end(self) -> None:
        self.shutdown()
        self.server_close()


class Answer(BaseHTTPRequestHandler):
    """One request to a node."""

    def do_GET(self) -> None:
        node: Any = self.server
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        node.heard.append(f"{self.command} {body}".strip())
        if not node.breaks:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(node.server_port).encode())

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def stage() -> Iterator[tuple[Balancer, Node, Node]]:
    """A balancer before two nodes."""
    one, two = Node(free_port()), Node(free_port())
    balancer = Balancer(free_port(), [one.server_port, two.server_port])
    balancer.start()
    yield balancer, one, two
    one.end()
    two.end()


def ask(balancer: Balancer, method: str = "GET", body: str = "") -> requests.Response:
    return requests.request(method, f"http://127.0.0.1:{balancer.port}/", data=body.encode(), timeout=10)


def test_requests_are_shared_out(stage: tuple[Balancer, Node, Node]) -> None:
    balancer, one, two = stage
    answers = {ask(balancer).text for _ in range(6)}
    assert answers == {str(one.server_port), str(two.server_port)}


def test_a_dead_node_is_passed_by_and_a_drained_one_too(stage: tuple[Balancer, Node, Node]) -> None:
    balancer, one, two = stage
    balancer.drain(one.server_port)
    assert {ask(balancer, "POST", f"n{n}").text for n in range(4)} == {str(two.server_port)}
    balancer.fill(one.server_port)
    two.end()
    assert {ask(balancer, "POST", f"m{n}").text for n in range(4)} == {str(one.server_port)}
    assert one.heard == [f"POST m{n}" for n in range(4)]


def test_what_was_sent_to_a_node_that_broke_is_repeated_only_when_harmless(stage: tuple[Balancer, Node, Node]) -> None:
    balancer, one, two = stage
    one.breaks = two.breaks = True
    assert ask(balancer, "POST", "pay").status_code == 502
    assert len(one.heard + two.heard) == 1
    one.breaks, two.breaks = True, False
    assert {ask(balancer).text for _ in range(4)} == {str(two.server_port)}


def test_a_cut_cable_loses_everything_silently_until_it_is_healed() -> None:
    with island() as shore:
        if shore is None:
            pytest.skip("needs root and iproute2")
        command = [*shore.prefix, sys.executable, "-m", "http.server", "8000"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as serving:
            ways = [f"http://{shore.address(cable)}:8000/" for cable in range(CABLES)]
            wait_until(lambda: answers(ways[0]), 10)
            shore.cut(0)
            with pytest.raises(requests.Timeout):
                requests.get(ways[0], timeout=0.5)
            assert answers(ways[1])
            shore.heal(0)
            assert answers(ways[0])
            serving.terminate()


def test_the_record_names_rehearsals_that_exist() -> None:
    rows = [line.split("|")[2].strip(" `") for line in PAGE.read_text(encoding="utf-8").splitlines() if "| `" in line]
    assert rows
    assert set(rows) <= set(DRILLS)
