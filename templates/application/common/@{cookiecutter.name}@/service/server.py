"""What the service answers: a greeting, and whether it is alive and ready."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def make_server(port: int, message: str) -> ThreadingHTTPServer:
    """A server on a port (0: any free one) that greets with a message."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {"/": {"message": message}, "/healthz": {"status": "ok"}, "/readyz": {"status": "ok"}}
            found = answers.get(self.path)
            body = json.dumps(found or {"error": "not found"}).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("", port), Handler)
    server.daemon_threads = False
    return server
