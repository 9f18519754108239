/* The picture of the map: a gr.Plot with plotly.js, which Gradio's own front end brings and loads where a plot is first shown. The page
   makes the figure, Gradio draws it, and what changes later goes through plotly's own functions. */

/* Paul Tol's “muted” colours and one more, told apart with every kind of colour blindness; and a shape, so that none hangs on the colour. */
const MAP_COLOURS = ["#332288", "#cc6677", "#117733", "#882255", "#88ccee", "#ddcc77", "#44aa99", "#999933", "#aa4499", "#661100"];
const MAP_ON_DARK = ["#8f86e0", "#e58a97", "#4dae6c", "#d0689b", "#88ccee", "#ddcc77", "#5cc4b2", "#b9b94e", "#cf78c4", "#d08a5c"];
const MAP_SHAPES = ["circle", "square", "diamond"];
/* Of cividis, which is even to the eye, also to a colour-blind one; without the end that a background swallows. */
const MAP_YEARS = { light: ["#00224e", "#2f4974", "#575d6d", "#7c7b78", "#a59c74", "#c7b35c"], dark: ["#4f6da8", "#6c7789", "#8d8a83", "#b0a47a", "#d5bd61", "#fee838"] };
const PLOT_PATIENCE_MS = 60000;
let mapMode = "pan";
let ringed = null;

const onDark = () => document.body.classList.contains("dark");
const groupColour = (n) => (onDark() ? MAP_ON_DARK : MAP_COLOURS)[n % MAP_COLOURS.length];
const cssToken = (name) => getComputedStyle(byId("cw")).getPropertyValue(name).trim();
const plotNow = () => byId("cw-map-plot")?.querySelector(".js-plotly-plot");
const hasWebGL = () => {
  hasWebGL.known ??= !!document.createElement("canvas").getContext("webgl");
  return hasWebGL.known;
};
/** What plotly would read as marks is shown as it stands. */
const asText = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** A colour for each year, between the first and the last. */
const yearColours = () => {
  const years = mapPoints.years.filter(Boolean);
  const [first, last] = [years.reduce((a, b) => Math.min(a, b), 9999), years.reduce((a, b) => Math.max(a, b), 0)];
  const stops = MAP_YEARS[onDark() ? "dark" : "light"];
  const mixed = (share) => {
    const at = share * (stops.length - 1);
    const [from, to] = [stops[Math.floor(at)], stops[Math.ceil(at)]];
    const part = (n) => [from, to].map((hex) => parseInt(hex.slice(n, n + 2), 16));
    return `rgb(${[1, 3, 5].map((n) => part(n)).map(([a, b]) => Math.round(a + (b - a) * (at % 1))).join()})`;
  };
  const known = new Map();
  const of = (year) => known.get(year) ?? known.set(year, mixed(last > first ? (year - first) / (last - first) : 1)).get(year);
  return { first, last, stops, of };
};

const byYear = () => byId("cw-map-colour").value === "year" && mapPoints.years.some(Boolean);

/** How each point looks. */
const mapMarkers = () => {
  const count = mapPoints.ids.length;
  const years = byYear() && yearColours();
  return {
    size: Math.max(NARROW.matches ? 5 : 3.5, 15 - 2.8 * Math.log10(count + 1)),
    color: years ? mapPoints.years.map((year) => (year ? years.of(year) : cssToken("--cw-muted"))) : mapPoints.labels.map(groupColour),
    symbol: mapPoints.labels.map((label, n) => MAP_SHAPES[label % MAP_SHAPES.length] + (years && !mapPoints.years[n] ? "-open" : "")),
    line: { width: count > 3000 ? 0 : 0.5, color: cssToken("--cw-paper") },
  };
};

/** The first term of each group, at its middle. */
const groupNames = () => {
  const sums = mapPoints.names.map(() => [0, 0, 0]);
  mapPoints.labels.forEach((label, n) => {
    sums[label][0] += mapPoints.x[n];
    sums[label][1] += mapPoints.y[n];
    sums[label][2] += 1;
  });
  if (mapPoints.names.length < 2) return [];
  return sums.flatMap(([x, y, count], n) => {
    if (!count) return [];
    const text = `<b>${asText(mapPoints.names[n])}</b>`;
    return [{ x: x / count, y: y / count, text, showarrow: false, font: { size: 12, color: cssToken("--cw-ink") }, bgcolor: cssToken("--cw-surface"), opacity: 0.8, borderpad: 2, captureevents: false }];
  });
};

const mapSelected = () => {
  const bright = mapBright();
  return bright ? [...bright] : null;
};

const plotLayout = () => ({
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  margin: { l: 0, r: 0, t: 0, b: 0 },
  xaxis: { visible: false, range: [-112, 112] },
  yaxis: { visible: false, range: [-112, 112], scaleanchor: "x" },
  hovermode: "closest",
  hoverdistance: 12,
  dragmode: mapMode,
  showlegend: false,
  font: { family: getComputedStyle(document.body).fontFamily },
  annotations: groupNames(),
  newselection: { line: { color: cssToken("--cw-ink"), width: 1.5, dash: "solid" } },
});

/** The figure: the points, and a ring around the paper that is open. */
const mapFigure = () => {
  const points = {
    type: hasWebGL() ? "scattergl" : "scatter",
    mode: "markers",
    x: mapPoints.x,
    y: mapPoints.y,
    hoverinfo: "none",
    marker: mapMarkers(),
    selectedpoints: mapSelected(),
    selected: { marker: { opacity: 0.95 } },
    unselected: { marker: { opacity: 0.1 } },
  };
  const ring = { type: "scatter", mode: "markers", x: [], y: [], hoverinfo: "skip", unselected: { marker: { opacity: 1 } }, marker: { size: 20, symbol: "circle-open", color: cssToken("--cw-ink"), line: { width: 2.5 } } };
  const config = { displayModeBar: false, scrollZoom: true, showTips: false, doubleClick: "reset" };
  return { data: [points, ring], layout: plotLayout(), config };
};

/** Draw the points: the first time by Gradio, which loads plotly.js for it. */
const showPlot = async () => {
  const place = byId("cw-map-plot");
  place.append(byId("cw-plot"));
  const say = (text) => {
    byId("cw-map-drawing").hidden = !text;
    byId("cw-map-drawing").textContent = text;
  };
  const groups = mapPoints.names.length;
  place.setAttribute("aria-label", `Map of ${papersOf(mapPoints.ids.length)} in ${groups} group${groups === 1 ? "" : "s"}; the list of groups says the same`);
  setMode(NARROW.matches && !plotNow() ? "" : mapMode);
  const draw = async () => {
    const { data, layout, config } = mapFigure();
    await window.Plotly.react(plotNow(), data, layout, config);
    say("");
    paintDots();
  };
  if (plotNow()?._fullLayout) return draw();
  say("The picture is being drawn …");
  trigger("plot");
  const begun = performance.now();
  while (!plotNow()?._fullLayout?._size) {
    if (performance.now() - begun > PLOT_PATIENCE_MS) {
      say("The picture cannot be drawn in this browser; the list of groups says the same.");
      return;
    }
    await new Promise((then) => setTimeout(then, 50));
  }
  await draw(); // after Gradio has drawn the empty figure, so that many points do not make one long task with the loading
  const plot = plotNow();
  plot.on("plotly_hover", ({ points, event }) => showMapTip(points[0].pointNumber, event));
  plot.on("plotly_unhover", hideMapTip);
  plot.on("plotly_click", ({ points }) => points[0].curveNumber === 0 && void openPoint(points[0].pointNumber));
  plot.on("plotly_selected", (event) => {
    // Marking tells this too, without a range.
    if (event?.range || event?.lassoPoints) pickPlaces(event.points.filter((point) => point.curveNumber === 0).map((point) => point.pointNumber));
    else if (!event) setTimeout(markPlot); // a click, for which plotly marks every point
  });
  plot.on("plotly_deselect", () => setTimeout(markPlot));
  new ResizeObserver(() => plot.offsetParent && window.Plotly.Plots.resize(plot)).observe(place);
};

/** What is marked, and no rectangle: the marks stand for it. */
const markPlot = () => {
  const plot = plotNow();
  if (!plot?._fullLayout) return;
  void window.Plotly.update(plot, { selectedpoints: [mapSelected()] }, { selections: [] }, [0]);
};

const paintDots = () => {
  if (!mapPoints) return;
  const years = byYear();
  for (const dot of byId("cw-map-groups").querySelectorAll(".cw-map-dot")) {
    const n = Number(dot.dataset.group);
    dot.style.background = years ? "" : groupColour(n);
    dot.dataset.shape = MAP_SHAPES[n % MAP_SHAPES.length];
  }
  const legend = byId("cw-map-years");
  legend.hidden = !years;
  if (!years) return;
  const { first, last, stops } = yearColours();
  const bar = element("span", "cw-map-bar");
  bar.style.background = `linear-gradient(to right, ${stops.join()})`;
  legend.replaceChildren(`${first} `, bar, ` ${last}`);
  if (!mapPoints.years.every(Boolean)) legend.append(element("span", "cw-map-none"), "no year");
};

/** The colours anew: by group or by year, on light or on dark. */
const paintPlot = () => {
  paintDots();
  const plot = plotNow();
  if (!plot?._fullLayout || !mapPoints) return;
  const { color, symbol, line } = mapMarkers();
  const { annotations } = plotLayout();
  void window.Plotly.update(plot, { "marker.color": [color], "marker.symbol": [symbol], "marker.line.color": [line.color] }, { annotations }, [0]);
  void window.Plotly.restyle(plot, { "marker.color": [cssToken("--cw-ink")] }, [1]);
};

/** A ring around a paper that is open; null for none. */
const ringPoint = (n) => {
  ringed = n;
  const plot = plotNow();
  if (!plot?._fullLayout) return;
  void window.Plotly.restyle(plot, { x: [n === null ? [] : [mapPoints.x[n]]], y: [n === null ? [] : [mapPoints.y[n]]] }, [1]);
};

const showMapTip = (n, { clientX, clientY }) => {
  const tip = byId("cw-map-tip");
  const [title, more] = tip.children;
  title.textContent = mapPoints.titles[n];
  more.textContent = [mapPoints.years[n], mapPoints.names[mapPoints.labels[n]]].filter(Boolean).join(" · ");
  tip.hidden = false;
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${Math.min(Math.max(8, clientX + 14), innerWidth - width - 8)}px`;
  tip.style.top = `${clientY + 18 + height < innerHeight ? clientY + 18 : clientY - height - 12}px`;
};
const hideMapTip = () => (byId("cw-map-tip").hidden = true);

/** What dragging does: move the map, or pick papers; "" for nothing, so that a finger moves the page. */
const setMode = (mode) => {
  mapMode = mode;
  for (const button of document.querySelectorAll("#cw-map [data-do=map-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  byId("cw-map-plot").dataset.mode = mode;
  if (plotNow()?._fullLayout) void window.Plotly.relayout(plotNow(), { dragmode: mode || false });
};

Object.assign(DO, {
  "map-mode": ({ dataset }) => setMode(NARROW.matches && mapMode === dataset.mode ? "" : dataset.mode),
  "map-zoom": ({ dataset }) => {
    const plot = plotNow();
    if (!plot?._fullLayout) return;
    const by = Number(dataset.by);
    const around = ([from, to]) => [(from + to) / 2 - ((to - from) / 2) * by, (from + to) / 2 + ((to - from) / 2) * by];
    const { xaxis, yaxis } = plot._fullLayout;
    const whole = [-112, 112];
    void window.Plotly.relayout(plot, { "xaxis.range": by ? around(xaxis.range) : whole, "yaxis.range": by ? around(yaxis.range) : whole });
  },
});
