"""Charts as inline SVG: means with intervals, lines and steps, small trends. Pure functions of numbers and labels.

Owns the geometry. Colours and fonts are classes that the page's style sheet knows, so that charts follow light and dark. Each chart
says in `<title>` what it shows, and each point of it what its value is, for those who do not see it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evals.report.markup import NONE, esc, number

WIDTH = 420
"""Of the drawing; the page scales it. Text stays legible down to three quarters of it, the width of a phone."""

_ROW = 24
_LABEL = 138
_LABEL_CHARS = 19


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with what surrounds it; nothing is drawn where it is None, no whisker where a bound is."""

    label: str
    value: float | None
    lo: float | None = None
    hi: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A line through points in order of x; None as y breaks it. `lo` and `hi` are the edges of a band around it."""

    name: str
    points: Sequence[tuple[float, float | None]]
    lo: Sequence[float | None] = ()
    hi: Sequence[float | None] = ()
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """The range of an axis, where it has ticks, and how they are written."""

    low: float
    high: float
    ticks: Sequence[float]
    label: str = ""
    digits: int = 1

    def place(self, value: float, start: float, end: float) -> float:
        """Where a value stands between two coordinates; values outside stand at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / ((self.high - self.low) or 1.0)
        return round(start + share * (end - start), 2)


SHARE = Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0), digits=2)


def rounded_axis(values: Iterable[float], label: str = "", ticks: int = 4) -> Axis:
    """From 0 to a round number that no value exceeds."""
    top = max((value for value in values if value > 0), default=1.0)
    power = 1.0
    while power * 10 <= top:
        power *= 10
    while power > top:
        power /= 10
    high = next(power * factor for factor in (1, 1.5, 2, 3, 4, 6, 8, 10) if power * factor >= top)
    digits = next((n for n in range(4) if abs(round(high / ticks, n) - high / ticks) < 1e-9), 4)
    return Axis(0.0, high, tuple(high * n / ticks for n in range(ticks + 1)), label, digits)


def dots(title: str, rows: Sequence[Interval], axis: Axis = SHARE) -> str:
    """A row for each value: a dot, and a whisker from its lower to its upper bound."""
    left, right, bottom = _LABEL, WIDTH - 16, 8 + _ROW * len(rows)
    parts = [_vertical_grid(axis, left, right, 4, bottom)]
    for index, row in enumerate(rows):
        y = 8 + _ROW * index + _ROW // 2 - 2
        parts.append(f'<g><title>{esc(_spoken(row, axis))}</title><text class="label" x="{left - 8}" y="{y + 4}"')
        parts.append(f' text-anchor="end">{esc(_short(row.label))}</text>{_dot(row, axis, left, right, y)}</g>')
    return _svg(title, bottom + (36 if axis.label else 22), "".join(parts))


def _dot(row: Interval, axis: Axis, left: float, right: float, y: float) -> str:
    if row.value is None:
        return f'<text class="tick" x="{left + 6}" y="{y + 4}">{NONE}</text>'
    x = axis.place(row.value, left, right)
    dot = f'<circle class="fill-1" cx="{x}" cy="{y}" r="4.5"/>'
    if row.lo is None or row.hi is None:
        return dot
    start, end = axis.place(row.lo, left, right), axis.place(row.hi, left, right)
    return f'<path class="line-1 whisker" d="M{start} {y}H{end}M{start} {y - 4}v8M{end} {y - 4}v8"/>{dot}'


def _spoken(row: Interval, axis: Axis) -> str:
    bounds = "" if row.lo is None or row.hi is None else f" ({_tick(row.lo, axis)} to {_tick(row.hi, axis)})"
    value = "not measured" if row.value is None else _tick(row.value, axis) + bounds
    return f"{row.label}: {value}{', ' if row.note else ''}{row.note}"


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARS else label[: _LABEL_CHARS - 1] + "…"


def lines(
    title: str, series: Sequence[Series], x: Axis, y: Axis = SHARE, markers: Sequence[tuple[str, float]] = ()
) -> str:
    """Lines over a grid, with a legend where there are more than one; `markers` are vertical lines with a label."""
    left, right, top = 44, WIDTH - 16, 26 if len(series) > 1 else 10
    bottom = top + 190
    parts = [_vertical_grid(x, left, right, top, bottom), _horizontal_grid(y, left, right, top, bottom)]
    box = (x, y, left, right, top, bottom)
    for index, one in enumerate(series, start=1):
        parts.append(f"<g><title>{esc(one.name)}</title>{_band(one, box, index)}{_line(one, box, index)}</g>")
    if len(series) > 1:
        parts.append(_legend([one.name for one in series], left))
    for row, (label, at) in enumerate(markers, start=1):
        parts.append(_marker(label, x.place(at, left, right), bottom + 6 - 16 * row, box))
    return _svg(title, bottom + (36 if x.label else 22), "".join(parts))


_Box = tuple[Axis, Axis, float, float, float, float]


def _place(point: tuple[float, float], box: _Box) -> str:
    x, y, left, right, top, bottom = box
    return f"{x.place(point[0], left, right)} {y.place(point[1], bottom, top)}"


def _line(one: Series, box: _Box, index: int) -> str:
    commands, before = [], None
    for at, value in one.points:
        if value is None:
            before = None
            continue
        if before is not None and one.steps:
            commands.append(f"L{_place((at, before), box)}")
        commands.append(f"{'M' if before is None else 'L'}{_place((at, value), box)}")
        before = value
    dotted = "" if one.steps else "".join(_point(one.name, at, value, box, index) for at, value in one.points)
    return f'<path class="line-{index}" d="{"".join(commands)}"/>{dotted}' if commands else ""


def _point(name: str, at: float, value: float | None, box: _Box, index: int) -> str:
    if value is None:
        return ""
    x, y = _place((at, value), box).split(" ")
    said = f"{name} at {at:g}: {number(value)}"
    return f'<circle class="fill-{index}" cx="{x}" cy="{y}" r="3"><title>{esc(said)}</title></circle>'


def _band(one: Series, box: _Box, index: int) -> str:
    edges = [
        ((at, lo), (at, hi))
        for (at, _), lo, hi in zip(one.points, one.lo, one.hi, strict=False)
        if lo is not None and hi is not None
    ]
    if len(edges) < 2:
        return ""
    corners = [lo for lo, _ in edges] + [hi for _, hi in reversed(edges)]
    return f'<path class="fill-{index} band" d="M{"L".join(_place(corner, box) for corner in corners)}Z"/>'


def _legend(names: Sequence[str], left: float) -> str:
    parts, at = [], left
    for index, name in enumerate(names, start=1):
        parts.append(f'<path class="line-{index}" d="M{at} 10h18"/><text class="label" x="{at + 24}" y="14">')
        parts.append(f"{esc(name)}</text>")
        at += 44 + 7 * len(name)
    return "".join(parts)


def _marker(label: str, at: float, y: float, box: _Box) -> str:
    _, _, _, right, top, bottom = box
    # Where there is no room to the right of the line, its label stands to the left.
    side = 'text-anchor="end" dx="-4"' if at > right - 7 * len(label) else 'dx="4"'
    return (
        f'<path class="rule" d="M{at} {top}V{bottom}"/><text class="label" x="{at}" y="{y}" {side}>{esc(label)}</text>'
    )


def trend(title: str, values: Sequence[float | None], labels: Sequence[str], axis: Axis = SHARE) -> str:
    """A small line over runs in order, without axes; the last value is written beside it. `labels` name the runs."""
    height, left, right = 64, 8, WIDTH - 76
    spread = Axis(0.0, max(len(values) - 1, 1), ())
    box = (spread, axis, left, right, 10, height - 10)
    parts = [f'<path class="grid" d="M{left} {height - 10}H{right}M{left} 10H{right}"/>']
    parts.append(_line(Series(title, list(enumerate(values))), box, 1))
    last = values[-1] if values else None
    if last is not None:
        y = axis.place(last, height - 10, 10)
        parts.append(f'<text class="value" x="{right + 10}" y="{y + 5}">{_tick(last, axis)}</text>')
    spoken = "; ".join(f"{label}: {number(value)}" for label, value in zip(labels, values, strict=True))
    return _svg(f"{title}, run by run. {spoken}", height, "".join(parts))


def _tick(value: float, axis: Axis) -> str:
    return f"{value:,.{axis.digits}f}"


def _vertical_grid(axis: Axis, left: float, right: float, top: float, bottom: float) -> str:
    parts = []
    for tick in axis.ticks:
        x = axis.place(tick, left, right)
        parts.append(f'<path class="grid" d="M{x} {top}V{bottom}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{bottom + 15}" text-anchor="middle">{_tick(tick, axis)}</text>')
    if axis.label:
        middle = round((left + right) / 2)
        parts.append(f'<text class="tick" x="{middle}" y="{bottom + 31}" text-anchor="middle">{esc(axis.label)}</text>')
    return "".join(parts)


def _horizontal_grid(axis: Axis, left: float, right: float, top: float, bottom: float) -> str:
    parts = []
    for tick in axis.ticks:
        y = axis.place(tick, bottom, top)
        parts.append(f'<path class="grid" d="M{left} {y}H{right}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{y + 4}" text-anchor="end">{_tick(tick, axis)}</text>')
    return "".join(parts)


def _svg(title: str, height: float, body: str) -> str:
    name = esc(title)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{name}"><title>{name}</title>{body}</svg>'
