"""Evidence for people: whole records, and what is wrong with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kubestack_py.model.changes import in_words
from kubestack_py.report.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kubestack_py.model.evidence import Record
    from kubestack_py.model.inspection import Entry, Inspection
    from kubestack_py.report.text import Paint

SHOWN_FLAWS = 50
HEADINGS = ("When (UTC)", "Environment", "Stack", "Status", "Commit", "Run", "By", "Remark")


def entry_rows(entries: Sequence[Entry]) -> list[tuple[str, ...]]:
    """A row each, for a table below `HEADINGS`."""
    return [
        (
            entry.record.at[:19].replace("T", " "),
            entry.record.environment,
            entry.record.stack,
            entry.record.status,
            entry.record.commit[:8],
            entry.record.run,
            entry.record.actor or "-",
            _remark(entry),
        )
        for entry in entries
    ]


def entries_text(entries: Sequence[Entry], paint: Paint = plain) -> str:
    """Whole records, a block each."""
    return "\n\n".join("\n".join(_block(entry, paint)) for entry in entries)


def inspection_text(inspection: Inspection, paint: Paint = plain) -> str:
    """What was looked at, every flaw, and what became of the evidence on the remote."""
    kind = "signed records" if inspection.signed else "records"
    lines = [f"{inspection.ref}: {inspection.records} {kind}, {len(inspection.flaws)} that do not count"]
    for flaw in inspection.flaws[:SHOWN_FLAWS]:
        lines += [f"  {paint('✗', 'red')} {flaw.commit[:8]}: {flaw.about}", f"      {flaw.problem}"]
    if len(inspection.flaws) > SHOWN_FLAWS:
        lines.append(f"  … and {len(inspection.flaws) - SHOWN_FLAWS} more; see all of them with -o json")
    loss = inspection.loss
    if loss:
        lines.append(
            f"  {paint('✗', 'red')} the remote's copy was {loss.how}: {loss.missing} records that it had are "
            "only in this clone"
        )
    return "\n".join(lines)


def _remark(entry: Entry) -> str:
    record = entry.record
    overridden = ", ".join(item.check for item in record.overrides)
    parts = [
        f"does not count: {entry.problem}" if entry.problem else "",
        f"overridden: {overridden}" if overridden else "",
        record.message,
    ]
    return "; ".join(filter(None, parts)) or "-"


def _block(entry: Entry, paint: Paint) -> Iterator[str]:
    record = entry.record
    yield paint(f"{record.status} {record.stack} in {record.environment}", "bold")
    if entry.problem:
        yield f"  {paint('does not count', 'red')}: {entry.problem}"
    for name, value in _facts(record):
        if value:
            yield f"  {name:<13}{value}"
    for result in record.verification:
        sign, style = ("✓", "green") if result.passed else ("✗", "red")
        said = f": {result.message}" if result.message else ""
        yield f"  {'verification':<13}{paint(sign, style)} {result.name}{said}"
    for override in record.overrides:
        yield f"  {'override':<13}{override.check}: {override.reason}"
    for change in record.outlines:
        paths = f" ({', '.join(change.paths)})" if change.paths else ""
        yield f"  {'change':<13}{change.action} {change.address}{paths}"


def _facts(record: Record) -> tuple[tuple[str, str], ...]:
    return (
        ("at", record.at),
        ("commit", record.commit),
        ("noted on", record.noted_on if record.noted_on != record.commit else ""),
        ("run", record.run),
        ("by", record.actor),
        ("url", record.url),
        ("message", record.message),
        ("shared", record.digest.shared),
        ("own", record.digest.environment),
        ("changes", in_words(record.changes)),
        ("tools", ", ".join(f"{name} {version}" for name, version in record.tools.items())),
        ("signature", "yes" if record.signature else "no"),
    )
