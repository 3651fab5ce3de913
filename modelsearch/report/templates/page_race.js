// The race: a slider over the points of the spend; intervals of the contenders, and who would have been the answer.
const ROW = 42;

function raceRows(race, at) {
  const point = race.points[at];
  const known = new Map(point.rows.map((row) => [row[0], row]));
  return race.names.map((name, place) => {
    const row = known.get(place);
    const gap = row?.[1];
    return { place, name, mean: gap?.[0] ?? null, low: gap?.[1] ?? null, high: gap?.[2] ?? null, told: row?.[4] ?? "", items: row?.[2] ?? 0,
      state: place === point.who ? "best" : row?.[3] ? "live" : "gone", isKnown: Boolean(gap) };
  });
}

function raceDomain(race, margin) {
  const last = race.points.at(-1).rows.map((row) => row[1]).filter(Boolean);
  const reach = Math.max(12, 6 * margin);
  const high = Math.min(reach, Math.max(reach / 2, ...last.map((gap) => gap[2] + 1)));
  return [-Math.min(100, 2 * reach), high];
}

function raceSpec(race, margin, room) {
  const [low, high] = raceDomain(race, margin);
  const colour = [{ test: "datum.state === 'best'", value: "var(--accent)" }, { test: "datum.state === 'live'", value: "var(--live)" }, { value: "var(--gone)" }];
  const fade = [{ test: "datum.state === 'gone'", value: 0.45 }, { value: 1 }];
  const x = (field) => ({ signal: `scale('x', clamp(datum.${field}, ${low}, ${high}))` });
  const middleY = { scale: "y", field: "place", offset: 29 };
  const band = { y: { scale: "y", field: "place", offset: 19 }, y2: { scale: "y", field: "place", offset: 40 } }; // not across the names
  const edge = (test, align, at, sign) => ({ type: "text", from: { data: "known" }, encode: { update: { text: { signal: `${test} ? '${sign}' : ''` },
    x: at, y: middleY, baseline: { value: "middle" }, align: { value: align }, fill: colour, fillOpacity: fade, fontSize: { value: 11 } } } });
  return {
    $schema: "", autosize: { type: "fit", contains: "padding" }, padding: { left: 8, right: 8, top: 6, bottom: 2 }, background: null,
    signals: [{ name: "room", value: room }, { name: "width", update: "room" }, { name: "height", value: ROW * race.names.length + 44 },
      { name: "most", update: "room < 560 ? 26 : 90" }],
    data: [{ name: "rows", values: raceRows(race, race.points.length - 1) },
      { name: "known", source: "rows", transform: [{ type: "filter", expr: "datum.isKnown" }] }],
    scales: [{ name: "x", type: "linear", domain: [low, high], range: "width", nice: false, zero: false },
      { name: "y", type: "band", domain: { data: "rows", field: "place" }, range: "height" }],
    axes: [{ scale: "x", orient: "bottom", grid: true, title: "gap to the baseline, points of 100", tickCount: { signal: "room < 560 ? 5 : 9" }, titlePadding: 6 }],
    marks: [
      { type: "rule", encode: { update: { x: { scale: "x", value: -margin }, y: { value: 0 }, y2: { signal: "height" }, stroke: { value: "var(--accent)" }, strokeOpacity: { value: 0.25 } } } },
      { type: "rule", from: { data: "rows" }, encode: { update: { x: { scale: "x", value: 0 }, ...band, stroke: { value: "var(--ink)" }, strokeOpacity: { value: 0.7 } } } },
      { type: "rule", from: { data: "rows" }, encode: { update: { x: { scale: "x", value: -margin }, ...band, stroke: { value: "var(--accent)" }, strokeWidth: { value: 1.5 }, strokeDash: { value: [4, 3] } } } },
      { type: "rule", from: { data: "known" }, encode: { update: { x: x("low"), x2: x("high"), y: middleY, stroke: colour, strokeOpacity: fade,
        strokeWidth: [{ test: "datum.state === 'best'", value: 6 }, { value: 3.5 }], strokeCap: { value: "round" } } } },
      { type: "symbol", from: { data: "known" }, encode: { update: { x: x("mean"), y: middleY, size: { signal: `datum.mean < ${low} || datum.mean > ${high} ? 0 : 80` },
        fill: [{ test: "datum.state === 'gone'", value: "var(--paper)" }, ...colour], stroke: colour, strokeWidth: { value: 1.5 }, opacity: fade } } },
      edge(`datum.low < ${low}`, "left", { value: -2 }, "\u25c2"), edge(`datum.high > ${high}`, "right", { signal: "width + 2" }, "\u25b8"),
      { type: "text", from: { data: "rows" }, encode: { update: { x: { value: 2 }, y: { scale: "y", field: "place", offset: 9 }, baseline: { value: "middle" },
        text: { signal: "truncate(datum.name, most, 'center', '\u2026')" }, fill: [{ test: "datum.state === 'best'", value: "var(--accent)" }, { test: "datum.state === 'live'", value: "var(--ink)" }, { value: "var(--soft)" }],
        fontWeight: [{ test: "datum.state === 'best'", value: 650 }, { value: 400 }] } } },
      { type: "text", from: { data: "rows" }, encode: { update: { x: { signal: "width - 2" }, y: { scale: "y", field: "place", offset: 9 }, baseline: { value: "middle" }, align: { value: "right" },
        text: { signal: "(datum.isKnown ? datum.told + ' \u00b7 ' : '') + (datum.items ? format(datum.items, ',') + ' items' : 'not asked')" }, fill: { value: "var(--soft)" }, fontSize: { value: 11.5 } } } },
    ],
  };
}

function stripSpec(race, room) {
  const points = race.points.map((p, at) => ({ at, usd: p.usd, saving: Math.max(0, p.saving ?? 0), sure: p.certainty, isKept: p.who === null }));
  const most = race.points.at(-1).usd || 1;
  return {
    $schema: "", autosize: { type: "fit", contains: "padding" }, padding: { left: 8, right: 8, top: 8, bottom: 2 }, background: null,
    signals: [{ name: "room", value: room }, { name: "width", update: "room" }, { name: "height", value: 132 }, { name: "now", value: points.length - 1 }],
    data: [{ name: "points", values: points }, { name: "here", source: "points", transform: [{ type: "filter", expr: "datum.at === now" }] }],
    scales: [{ name: "x", type: "linear", domain: [0, most], range: "width" }, { name: "y", type: "linear", domain: [0, 104], range: "height" }],
    axes: [{ scale: "x", orient: "bottom", title: "USD spent", format: "~g", tickCount: { signal: "room < 560 ? 4 : 8" }, titlePadding: 4 },
      { scale: "y", orient: "left", title: "saving, %", grid: true, values: [0, 50, 100] }],
    marks: [
      { type: "line", from: { data: "points" }, encode: { update: { x: { scale: "x", field: "usd" }, y: { scale: "y", field: "saving" }, interpolate: { value: "step-after" },
        stroke: { value: "var(--accent)" }, strokeWidth: { value: 1.5 } } } },
      { type: "rule", from: { data: "here" }, encode: { update: { x: { scale: "x", field: "usd" }, y: { value: 0 }, y2: { signal: "height" }, stroke: { value: "var(--ink)" } } } },
      { type: "symbol", from: { data: "points" }, encode: { update: { x: { scale: "x", field: "usd" }, y: { scale: "y", field: "saving" }, cursor: { value: "pointer" },
        size: [{ test: "datum.at === now", value: 130 }, { value: 46 }], stroke: [{ test: "datum.isKept", value: "var(--live)" }, { value: "var(--accent)" }], strokeWidth: { value: 1.5 },
        fill: [{ test: "datum.sure === 'certified'", value: "var(--accent)" }, { test: "datum.sure === 'likely'", value: "var(--pale)" }, { value: "var(--paper)" }] } } },
    ],
  };
}

async function raceChart(page) {
  const { race, margin } = page;
  if (!race || !byId("race-live")) return;
  show("race-live");
  byId("race-list").open = false;
  const [strip, forest, slider] = ["race-strip", "race-chart", "race-at"].map(byId);
  const above = await chart(strip, stripSpec(race, strip.clientWidth), null);
  const below = await chart(forest, raceSpec(race, margin, forest.clientWidth), null);
  fitting(strip, above);
  fitting(forest, below);
  const tell = () => {
    const at = Number(slider.value);
    const point = race.points[at];
    above.signal("now", at).runAsync();
    below.data("rows", raceRows(race, at)).runAsync();
    byId("race-says").textContent = `${point.says}.`;
    byId("race-usd").textContent = `${point.usd_text} USD`;
    slider.setAttribute("aria-valuetext", `${point.usd_text} USD, ${point.at}, ${point.outcomes} outcomes, ${point.pool} in the pool`);
  };
  slider.addEventListener("input", tell);
  above.addEventListener("click", (_event, item) => {
    if (item?.datum?.at === undefined) return;
    slider.value = item.datum.at;
    tell();
  });
  playing(slider, tell);
  tell();
}

function playing(slider, tell) {
  const button = byId("race-play");
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    button.textContent = "Play";
    button.setAttribute("aria-pressed", "false");
  };
  const step = () => {
    if (Number(slider.value) >= Number(slider.max)) return stop();
    slider.value = Number(slider.value) + 1;
    tell();
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
    tell();
    button.textContent = "Pause";
    button.setAttribute("aria-pressed", "true");
    timer = setInterval(step, isCalm() ? 1200 : 420);
  });
  slider.addEventListener("pointerdown", () => timer && stop());
}
