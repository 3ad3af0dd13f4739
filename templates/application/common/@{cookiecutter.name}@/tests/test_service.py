"""The service as its users meet it: over HTTP, and until SIGTERM."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

from service.server import make_server


def get(port: int, path: str) -> tuple[int, dict[str, str]]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


class Answers(unittest.TestCase):
    def setUp(self) -> None:
        self.server = make_server(0, "hello")
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def test_greets(self) -> None:
        self.assertEqual(get(self.port, "/"), (200, {"message": "hello"}))

    def test_is_alive_and_ready(self) -> None:
        for path in ("/healthz", "/readyz"):
            self.assertEqual(get(self.port, path), (200, {"status": "ok"}))

    def test_knows_nothing_else(self) -> None:
        self.assertEqual(get(self.port, "/etc/passwd")[0], 404)


class Process(unittest.TestCase):
    def test_ends_when_it_is_told_to(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "service"], env={**os.environ, "PORT": str(port)}, stderr=subprocess.DEVNULL
        )
        self.addCleanup(process.kill)
        for _ in range(100):
            try:
                self.assertEqual(get(port, "/healthz")[0], 200)
                break
            except urllib.error.URLError:
                time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=10), 0)


if __name__ == "__main__":
    unittest.main()
