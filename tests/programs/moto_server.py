"""moto as a WSGI server, for the Python that has moto: prints its port, then serves until it is terminated.

moto's own command answers requests in parallel, from backends that know no locks, and knows nothing of
retries: a client that did not hear the answer asks again, and is told that its role exists already. AWS would
do neither. Here one request comes after the other, and the retry of an answered one gets the same answer.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

SDK_INVOCATION = "Amz-Sdk-Invocation-Id"  # the same in all attempts of one call, by the SDKs' convention
SERVER_ERROR = 500


class AnswersOnce:
    """An application that is asked one thing at a time, and once for each call of a client."""

    def __init__(self, application: WSGIApplication) -> None:
        """Stand in front of `application`."""
        self._application = application
        self._answers: dict[str, Response] = {}
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as WSGI wants it."""
        request = Request(environ)
        call = request.headers.get(SDK_INVOCATION, "")
        with self._turn:
            answer = self._answers.get(call)
            if answer is None:
                answer = Response.from_app(self._application, environ, buffered=True)
            if call and answer.status_code < SERVER_ERROR:
                self._answers[call] = answer
        body: Iterable[bytes] = answer(environ, start_response)
        return body


def main() -> None:
    """Serve on a free port."""
    application = AnswersOnce(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
