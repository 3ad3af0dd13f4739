"""Where things go in the pictures of the HTML page: layers of a graph, moments on a line of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kubestack_py.model.overview import StackNode
    from kubestack_py.model.past import PastDelivery

NODE_WIDTH, NODE_HEIGHT = 200, 44
LAYER_GAP, ROW_GAP = 80, 16
LANE_HEIGHT, LANE_START, TIME_WIDTH = 44, 110, 860
NARROWEST = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A stack in the picture, with the place of its upper left corner in pixels."""

    node: StackNode
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Boxes, curves from each to what needs it (SVG path data), and the size of the whole."""

    boxes: tuple[Box, ...]
    curves: tuple[str, ...]
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One run on the line of time of its environment."""

    past: PastDelivery
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Dots, the lanes they are on by environment, and the size of the whole."""

    dots: tuple[Dot, ...]
    lanes: Mapping[str, float]
    width: int
    height: int


def graph(stacks: Sequence[StackNode]) -> Graph:
    """Every stack right of all that it needs; needs that are not among the stacks are left out."""
    layers = _layers(stacks)
    rows = [0] * (max(layers.values(), default=0) + 1)
    boxes = {}
    for stack in sorted(stacks, key=lambda item: item.path):
        layer = layers[stack.path]
        x, y = layer * (NODE_WIDTH + LAYER_GAP), rows[layer] * (NODE_HEIGHT + ROW_GAP)
        boxes[stack.path] = Box(node=stack, x=x, y=y)
        rows[layer] += 1
    curves = [_curve(boxes[need], box) for box in boxes.values() for need in box.node.needs if need in boxes]
    return Graph(
        boxes=tuple(boxes.values()),
        curves=tuple(curves),
        width=len(rows) * (NODE_WIDTH + LAYER_GAP) - LAYER_GAP,
        height=max(rows, default=0) * (NODE_HEIGHT + ROW_GAP),
    )


def timeline(past: Sequence[PastDelivery], environments: Sequence[str]) -> Timeline:
    """Runs from left to right in the order of time, as far apart as they were where there is room."""
    lanes = {name: LANE_HEIGHT * (number + 0.5) for number, name in enumerate(environments)}
    runs = sorted((item for item in past if item.run.environment in lanes), key=lambda item: item.run.at)
    moments = [datetime.fromisoformat(item.run.at).timestamp() for item in runs]
    span = (moments[-1] - moments[0]) or 1.0 if moments else 1.0
    room = max(TIME_WIDTH - NARROWEST * len(runs), 0.0)
    dots = [
        Dot(
            past=item,
            x=round(LANE_START + NARROWEST * (number + 0.5) + room * (moment - moments[0]) / span, 1),
            y=lanes[item.run.environment],
        )
        for number, (item, moment) in enumerate(zip(runs, moments, strict=True))
    ]
    width = LANE_START + max(TIME_WIDTH, int(NARROWEST * len(runs))) + 20
    return Timeline(dots=tuple(dots), lanes=lanes, width=width, height=LANE_HEIGHT * len(lanes))


def _layers(stacks: Sequence[StackNode]) -> dict[str, int]:
    """The longest way to each stack from one that needs nothing; the settings refuse circles."""
    needs = {stack.path: stack.needs for stack in stacks}
    layers: dict[str, int] = {}

    def layer(path: str) -> int:
        if path not in layers:
            layers[path] = 1 + max((layer(need) for need in needs[path] if need in needs), default=-1)
        return layers[path]

    for stack in stacks:
        layer(stack.path)
    return layers


def _curve(start: Box, end: Box) -> str:
    """From box to box; past the layers in between it goes in the gap below the first one's row."""
    x1, y1 = start.x + NODE_WIDTH, start.y + NODE_HEIGHT // 2
    x2, y2 = end.x, end.y + NODE_HEIGHT // 2
    half = LAYER_GAP // 2
    if x2 - x1 == LAYER_GAP:
        return f"M{x1},{y1} C{x1 + half},{y1} {x1 + half},{y2} {x2},{y2}"
    gap = start.y + NODE_HEIGHT + ROW_GAP // 2
    there = f"C{x1 + half},{y1} {x1 + half},{gap} {x1 + LAYER_GAP},{gap}"
    return f"M{x1},{y1} {there} H{x2 - LAYER_GAP} C{x2 - half},{gap} {x2 - half},{y2} {x2},{y2}"
