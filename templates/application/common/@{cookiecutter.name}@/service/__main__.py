"""`python -m service`: serve until the process is told to stop."""

import os
import signal
import threading

from service.server import make_server


def main() -> None:
    """Listen on PORT, and finish what is under way when Kubernetes sends SIGTERM."""
    server = make_server(int(os.environ.get("PORT", "8080")), os.environ.get("MESSAGE", "hello"))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()
    server.server_close()


if __name__ == "__main__":
    main()
