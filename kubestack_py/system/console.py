"""The only printer: data on standard output, talk on standard error, secrets masked in both.

Text is masked and printed as a whole, whatever pieces it came in, and steers no terminal.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from kubestack_py.errors import FileError
from kubestack_py.system.disclosure import forms, legible, without_credentials
from kubestack_py.system.workflow_commands import Plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MASK = "***"
SHORTEST_SECRET = 6
_ANSI = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}


def wants_color(environ: Mapping[str, str], stream: TextIO) -> bool:
    """By the usual rules: NO_COLOR and TERM=dumb turn colour off, FORCE_COLOR on, else a terminal has it."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return bool(environ.get("FORCE_COLOR")) or stream.isatty()


class Console:
    """Where a command writes.

    `color` paints, `interactive` allows lines that are drawn over, `quiet` leaves out talk but not
    warnings. `host` is how the CI system wants groups and annotations, and what it must not obey.
    """

    def __init__(
        self,
        out: TextIO = sys.stdout,
        err: TextIO = sys.stderr,
        *,
        color: bool = False,
        interactive: bool = False,
        quiet: bool = False,
        host: Plain | None = None,
    ) -> None:
        self._out = out
        self._err = err
        self._masks: tuple[str, ...] = ()
        self._lock = threading.RLock()
        self._host = host or Plain()
        self.color = color
        self.interactive = interactive
        self.quiet = quiet

    def mask(self, secrets: Iterable[str]) -> None:
        """Replace these strings wherever they would be printed from now on; very short ones stay."""
        wanted = {form for secret in secrets if len(secret) >= SHORTEST_SECRET for form in forms(secret)}
        with self._lock:
            self._masks = tuple(sorted(wanted.union(self._masks), key=len, reverse=True))

    def masked(self, text: str) -> str:
        """The text with every known secret and the credentials of every address replaced."""
        for secret in self._masks:
            text = text.replace(secret, MASK)
        return without_credentials(text, MASK)

    def paint(self, text: str, *styles: str) -> str:
        """The text in the named styles (`bold`, `dim`, `red` …), or as it is where there is no colour."""
        if not self.color or not text:
            return text
        return f"\x1b[{';'.join(_ANSI[style] for style in styles)}m{text}\x1b[0m"

    def data(self, text: str) -> None:
        """The result of the command, for standard output."""
        self._write(self._out, self._harmless(text))

    def commands(self, text: str) -> None:
        """A result that consists of commands to the host; whoever made them has escaped what is in them."""
        self._write(self._out, legible(text))

    def say(self, text: str) -> None:
        """Talk: what is happening. Left out when quiet."""
        if not self.quiet:
            self._write(self._err, self._harmless(text))

    def warn(self, text: str) -> None:
        """A warning; an annotation where the host has them."""
        self._annotate("warning", text, "yellow")

    def error(self, text: str) -> None:
        """An error; an annotation where the host has them."""
        self._annotate("error", text, "red")

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Talk that belongs together; folded where the host can."""
        opening = self._host.opening(legible(self.masked(title)))
        if not opening:
            self.say(self.paint(title, "bold"))
            yield
            return
        self._command(opening)
        try:
            yield
        finally:
            self._command(self._host.closing())

    def transient(self, text: str) -> None:
        """A line that the next one replaces; only where the terminal can do that."""
        if self.interactive and not self.quiet:
            with self._lock:
                self._err.write(_encodable(f"\r\x1b[2K{self._legible(self.masked(text))}", self._err))
                self._err.flush()

    def _annotate(self, kind: str, text: str, style: str) -> None:
        annotation = self._host.annotation(kind, legible(self.masked(text)))
        if annotation:
            self._write(self._err, annotation)
        else:
            said = f"{self.paint(kind.capitalize() + ':', style, 'bold')} {text}"
            self._write(self._err, self._harmless(said))

    def _harmless(self, text: str) -> str:
        """The text of somebody else, which neither the terminal nor the host obeys."""
        return self._host.harmless(self._legible(text))

    def _legible(self, text: str) -> str:
        return legible(text, painted=self.color)

    def _command(self, text: str) -> None:
        """A command that the host is to obey."""
        if not self.quiet:
            self._write(self._err, text)

    def _write(self, stream: TextIO, text: str) -> None:
        with self._lock:
            self.transient("")
            try:
                stream.write(_encodable(self.masked(text) + "\n", stream))
                stream.flush()
            except BrokenPipeError:  # whoever read it has enough
                raise
            except OSError as error:
                what = "the result" if stream is self._out else "what is happening"
                raise FileError(
                    f"cannot write {what}: {error.strerror or error}",
                    hint="Look at where the output goes (`df -h`), then run the command again.",
                ) from error


def _encodable(text: str, stream: TextIO) -> str:
    """The text with escapes for what the stream cannot take: file names need not be text, and a
    terminal need not speak UTF-8."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
