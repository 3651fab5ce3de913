// Quality against cost.
const SHAPES = { single: "circle", vote: "square", cascade: "triangle-up" };

function frontPoints(candidates) {
  const known = candidates.map((c, place) => ({ ...c, place })).filter((c) => c.quality && c.cost && c.cost[0] >= 0);
  const positive = known.map((c) => c.cost[0]).filter((usd) => usd > 0);
  const least = positive.length ? Math.max(Math.min(...positive), Math.max(...positive) / 1e7) : 1;
  const onAxis = (usd) => Math.max(usd, least); // no place for 0 on a logarithm: it lies at the left edge
  return known.map((c) => {
    const isBase = c.role.includes("baseline");
    const isBest = c.role.startsWith("recommended");
    return {
      place: c.place, x: onAxis(c.cost[0]), xl: onAxis(c.cost[1]), xh: onAxis(c.cost[2]), y: c.quality[0], yl: c.quality[1], yh: c.quality[2],
      shape: isBase && !isBest ? "diamond" : SHAPES[c.kind] ?? "circle", state: isBest ? "best" : isBase ? "base" : c.state,
      front: c.front, brief: isBest ? "recommended" : isBase ? "baseline" : "", label: isBest || isBase || c.front ? c.name : "",
      rank: isBest ? 3 : isBase ? 2 : c.front ? 1 : c.state === "live" ? 0 : -1,
    };
  });
}

function frontDomains(points, margin) {
  const base = points.find((p) => p.state === "base") ?? points.find((p) => p.state === "best");
  const low = Math.max(0, Math.floor(Math.min(...points.map((p) => p.yl)) / 5) * 5);
  const high = Math.min(100, Math.ceil(Math.max(...points.map((p) => p.yh)) / 5) * 5);
  const span = Math.max(5 * margin, 8);
  const near = base ? [Math.max(0, base.y - span), Math.min(100.5, base.y + span)] : [low, high];
  const costs = points.map((p) => p.x);
  return { all: [low - 1, high + 1.5], near, x: [Math.min(...costs) / 1.4, Math.max(...costs) * 1.4], base };
}

const FILL = [{ test: "datum.state === 'best'", value: "var(--accent)" }, { test: "datum.state === 'base'", value: "var(--ink)" },
  { test: "datum.state === 'live'", value: "var(--live)" }, { value: "var(--paper)" }];
const STROKE = [{ test: "datum.state === 'best'", value: "var(--accent)" }, { test: "datum.state === 'base'", value: "var(--ink)" },
  { test: "datum.state === 'live'", value: "var(--live)" }, { value: "var(--gone)" }];
const FADE = [{ test: "datum.place === picked || datum.rank > 0", value: 0.95 }, { value: 0.22 }];

function frontMarks(base, margin) {
  const x = { scale: "x", field: "x" };
  const stairs = [{ name: "stairs", type: "line", from: { data: "front" }, clip: true, encode: { update: { x, y: { scale: "y", field: "y" },
    stroke: { value: "var(--accent)" }, strokeWidth: { value: 1.5 }, strokeOpacity: { value: 0.65 }, interpolate: { value: "step-after" } } } }];
  const zone = base ? [
    { type: "rect", clip: true, encode: { update: { x: { value: 0 }, x2: { scale: "x", value: base.x }, y: { value: 0 },
      y2: { scale: "y", value: base.y - margin }, fill: { value: "var(--accent)" }, fillOpacity: { value: 0.07 } } } },
    { type: "rule", clip: true, encode: { update: { x: { value: 0 }, x2: { signal: "width" }, y: { scale: "y", value: base.y },
      stroke: { value: "var(--ink)" }, strokeDash: { value: [5, 4] }, strokeOpacity: { value: 0.6 } } } },
    { type: "rule", clip: true, encode: { update: { x: { scale: "x", value: base.x }, y: { value: 0 }, y2: { signal: "height" },
      stroke: { value: "var(--ink)" }, strokeDash: { value: [5, 4] }, strokeOpacity: { value: 0.6 } } } },
  ] : [];
  const bars = [
    { type: "rule", from: { data: "shown" }, clip: true, interactive: false, encode: { update: { x, y: { scale: "y", field: "yl" }, y2: { scale: "y", field: "yh" },
      stroke: STROKE, strokeOpacity: FADE, strokeWidth: { value: 1.4 } } } },
    { type: "rule", from: { data: "shown" }, clip: true, interactive: false, encode: { update: { x: { scale: "x", field: "xl" }, x2: { scale: "x", field: "xh" },
      y: { scale: "y", field: "y" }, stroke: STROKE, strokeOpacity: FADE, strokeWidth: { value: 1.4 } } } },
  ];
  const dots = [{ name: "dots", type: "symbol", from: { data: "shown" }, clip: true, encode: { update: { x, y: { scale: "y", field: "y" },
    shape: { field: "shape" }, fill: FILL, stroke: [{ test: "datum.place === picked", value: "var(--accent)" }, ...STROKE],
    strokeWidth: [{ test: "datum.place === picked", value: 3 }, { value: 1.4 }], cursor: { value: "pointer" }, tooltip: { field: "place" },
    size: [{ test: "datum.rank > 1", value: 150 }, { test: "datum.rank === 1", value: 75 }, { value: 42 }] } } }];
  const labels = [{ type: "text", from: { data: "dots" }, interactive: false, encode: { update: { text: { field: "datum.shown" },
    fill: [{ test: "datum.datum.state === 'best'", value: "var(--accent)" }, { value: "var(--ink)" }], fontSize: { value: 12 },
    fontWeight: [{ test: "datum.datum.rank > 1", value: 650 }, { value: 400 }] } },
    transform: [{ type: "label", size: { signal: "[width, height]" }, offset: [7], padding: 2, avoidMarks: ["stairs"],
      anchor: ["top", "bottom", "right", "left", "top-right", "top-left", "bottom-right", "bottom-left"], sort: { field: "datum.rank", order: "descending" } }] }];
  return [...zone, ...stairs, ...bars, ...dots, ...labels];
}

function frontSpec(points, margin, room) {
  const domains = frontDomains(points, margin);
  return {
    $schema: "", autosize: { type: "fit", contains: "padding" }, padding: { left: 4, top: 8, right: 8, bottom: 4 }, background: null,
    signals: [{ name: "room", value: room }, { name: "width", update: "room" }, { name: "height", update: "room < 560 ? 340 : 430" },
      { name: "isNear", value: false }, { name: "hasDropped", value: true }, { name: "picked", value: -1 }, { name: "most", value: 40 },
      { name: "yRange", update: `isNear ? [${domains.near}] : [${domains.all}]` }],
    data: [{ name: "points", values: points },
      { name: "shown", source: "points", transform: [
        { type: "filter", expr: "(hasDropped || datum.state !== 'dropped') && datum.y >= yRange[0] && datum.y <= yRange[1]" },
        { type: "formula", as: "shown", expr: "room < 900 && datum.brief ? datum.brief : length(datum.label) > most ? truncate(datum.label, most, 'center', '\u2026') : datum.label" }, { type: "collect", sort: { field: "rank" } }] },
      { name: "front", source: "points", transform: [{ type: "filter", expr: "datum.front" }, { type: "collect", sort: { field: "x" } }] }],
    scales: [{ name: "x", type: "log", domain: domains.x, range: "width", nice: false },
      { name: "y", type: "linear", domain: { signal: "yRange" }, range: "height", nice: false, zero: false }],
    axes: [{ scale: "x", orient: "bottom", title: "USD per 1,000 items (logarithmic)", grid: true, tickCount: { signal: "room < 560 ? 3 : 8" }, format: "~g", titlePadding: 8 },
      { scale: "y", orient: "left", title: "quality, points of 100", grid: true, tickCount: 6, titlePadding: 8 }],
    marks: frontMarks(domains.base, margin),
  };
}

async function frontChart(page) {
  const node = byId("front-chart");
  if (!node) return;
  const points = frontPoints(page.candidates);
  show("front-chart", "front-tools");
  byId("front-static").classList.add("print-only");
  const most = (room) => (room < 560 ? 22 : 44);
  const hover = (_handler, event, _item, place) => tip(place == null ? null : tellOf(page.candidates[place]), event.clientX, event.clientY);
  const view = await chart(node, frontSpec(points, page.margin, node.clientWidth), hover);
  await view.signal("most", most(node.clientWidth)).runAsync();
  fitting(node, view, (room) => view.signal("most", most(room)));
  view.addEventListener("click", (_event, item) => item?.datum?.place !== undefined && item.mark.name === "dots" && showCandidate(item.datum.place));
  frontTools(view);
  frontKeys(node, view, points, page.candidates);
}

function frontTools(view) {
  const [all, near] = [byId("front-all"), byId("front-near")];
  const range = (isNear) => {
    all.setAttribute("aria-pressed", String(!isNear));
    near.setAttribute("aria-pressed", String(isNear));
    view.signal("isNear", isNear).runAsync();
  };
  all.addEventListener("click", () => range(false));
  near.addEventListener("click", () => range(true));
  byId("front-dropped").addEventListener("change", (event) => view.signal("hasDropped", event.target.checked).runAsync());
}

function frontKeys(node, view, points, candidates) {
  const ordered = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  let at = ordered.findIndex((p) => p.state === "best") - 1;
  const leave = () => {
    tip(null);
    view.signal("picked", -1).runAsync();
  };
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (event.key === "Escape") return leave();
    if (event.key === "Enter" && ordered[at]) return showCandidate(ordered[at].place);
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    at = (at + step + ordered.length) % ordered.length;
    const point = ordered[at];
    view.signal("picked", point.place).runAsync();
    const lines = tellOf(candidates[point.place]);
    const box = node.getBoundingClientRect();
    const [left, top] = view.origin();
    tip(lines, box.left + left + view.scale("x")(point.x), box.top + top + view.scale("y")(point.y));
    byId("live").textContent = lines.join(", ");
  });
  node.addEventListener("blur", leave);
}
