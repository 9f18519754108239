"""Charts as records of numbers and labels, and where their points lie. `templates/charts.html` draws them.

Owns the geometry. Knows nothing of what is measured, nor of colours and fonts: those are classes of the page's style sheet, so that
charts follow light and dark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

WIDTH = 420
"""Of a drawing; the page scales it. Text stays legible down to three quarters of it, the width of a phone."""

NONE = "–"
"""Stands where nothing was measured."""

_LABEL_CHARS = 19


def number(value: float | None, digits: int = 3) -> str:
    """Rounded, or a dash where nothing was measured."""
    return NONE if value is None else f"{value:.{digits}f}"


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

    def text(self, value: float) -> str:
        """A value as it is written beside a tick."""
        return f"{value:,.{self.digits}f}"


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


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with what surrounds it; nothing is drawn where it is None, no whisker where a bound is."""

    label: str
    value: float | None
    lo: float | None = None
    hi: float | None = None
    note: str = ""

    @property
    def short_label(self) -> str:
        """The label cut to the room that there is."""
        return self.label if len(self.label) <= _LABEL_CHARS else self.label[: _LABEL_CHARS - 1] + "…"

    def description(self, axis: Axis) -> str:
        """What the row says, for those who do not see it."""
        bounds = "" if self.lo is None or self.hi is None else f" ({axis.text(self.lo)} to {axis.text(self.hi)})"
        value = "not measured" if self.value is None else axis.text(self.value) + bounds
        return f"{self.label}: {value}{', ' if self.note else ''}{self.note}"


@dataclass(frozen=True, slots=True)
class Series:
    """A line through points in order of x; None as y breaks it. `lo` and `hi` are the edges of a band around it."""

    name: str
    points: Sequence[tuple[float, float | None]]
    lo: Sequence[float | None] = ()
    hi: Sequence[float | None] = ()
    steps: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """The part of a drawing that its axes span, in the drawing's coordinates."""

    x: Axis
    y: Axis
    left: float
    right: float
    top: float
    bottom: float

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies."""
        return self.x.place(x, self.left, self.right), self.y.place(y, self.bottom, self.top)

    def line(self, series: Series) -> str:
        """The path through the points that have a value."""
        commands: list[str] = []
        before: float | None = None
        for x, y in series.points:
            if y is None:
                before = None
                continue
            if before is not None and series.steps:
                commands.append(f"L{self._at(x, before)}")
            commands.append(f"{'M' if before is None else 'L'}{self._at(x, y)}")
            before = y
        return "".join(commands)

    def band(self, series: Series) -> str:
        """The path around the band of a series, empty where it has none."""
        edges = [
            ((x, lo), (x, hi))
            for (x, _), lo, hi in zip(series.points, series.lo, series.hi, strict=False)
            if lo is not None and hi is not None
        ]
        if len(edges) < 2:
            return ""
        corners = [lo for lo, _ in edges] + [hi for _, hi in reversed(edges)]
        return f"M{'L'.join(self._at(x, y) for x, y in corners)}Z"

    def dots(self, series: Series) -> list[tuple[float, float, str]]:
        """Each point that has a value: where it lies, and what it says. A line of steps has none: there would be too many."""
        if series.steps:
            return []
        return [(*self.place(x, y), f"{series.name} at {x:g}: {number(y)}") for x, y in series.points if y is not None]

    def _at(self, x: float, y: float) -> str:
        return "{} {}".format(*self.place(x, y))


@dataclass(frozen=True, slots=True)
class Dots:
    """A row for each value: a dot, and a whisker from its lower to its upper bound."""

    title: str
    rows: Sequence[Interval]
    axis: Axis = SHARE
    kind: ClassVar[str] = "dots"


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines over a grid, with a legend where there are more than one; `markers` are vertical lines with a label."""

    title: str
    series: Sequence[Series]
    x: Axis
    y: Axis = SHARE
    markers: Sequence[tuple[str, float]] = ()
    kind: ClassVar[str] = "lines"

    @property
    def box(self) -> Box:
        """Where the grid is, with room for the legend."""
        top = 26 if len(self.series) > 1 else 10
        return Box(self.x, self.y, 44, WIDTH - 16, top, top + 190)

    @property
    def legend(self) -> list[tuple[float, str]]:
        """Where the name of each line begins; none for a single line."""
        at, names = self.box.left, []
        for series in self.series:
            names.append((at, series.name))
            at += 44 + 7 * len(series.name)
        return names if len(names) > 1 else []


@dataclass(frozen=True, slots=True)
class Trend:
    """A small line over runs in order, without axes; the last value is written beside it. `labels` name the runs."""

    title: str
    values: Sequence[float | None]
    labels: Sequence[str]
    axis: Axis = SHARE
    kind: ClassVar[str] = "trend"

    @property
    def box(self) -> Box:
        """Where the line is."""
        return Box(Axis(0.0, max(len(self.values) - 1, 1), ()), self.axis, 8, WIDTH - 76, 10, 54)

    @property
    def series(self) -> Series:
        """The line."""
        return Series(self.title, list(enumerate(self.values)))

    @property
    def description(self) -> str:
        """The value of each run, for those who do not see it."""
        values = (f"{label}: {number(value)}" for label, value in zip(self.labels, self.values, strict=True))
        return f"{self.title}, run by run. {'; '.join(values)}"


Chart = Dots | Lines | Trend
