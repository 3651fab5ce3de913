// Vega with its interpreter: specifications are data, no code is ever made from text; colours are the page's own.
const CONFIG = {
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  axis: { labelColor: "var(--soft)", titleColor: "var(--soft)", gridColor: "var(--line)", domain: false, ticks: false,
    labelFontSize: 12, titleFontSize: 12, titleFontWeight: 400, labelPadding: 7, labelOverlap: true },
  text: { fill: "var(--ink)", fontSize: 12 },
};
const nothing = { load: () => Promise.reject(new Error("this page loads nothing")), sanitize: () => Promise.reject(new Error("no links")) };

async function chart(node, spec, tooltip) {
  const own = node.getAttributeNames().map((name) => [name, node.getAttribute(name)]);
  const runtime = vega.parse(spec, CONFIG, { ast: true });
  const view = new vega.View(runtime, {
    expr: vega.expressionInterpreter, renderer: "svg", container: node, hover: Boolean(tooltip), loader: nothing, logLevel: vega.Error,
    tooltip: tooltip ?? (() => {}),
  });
  await view.runAsync();
  for (const [name, value] of own) node.setAttribute(name, value); // vega puts its own role and label in their place
  node.querySelector("form")?.remove();
  node.querySelector("svg")?.setAttribute("aria-hidden", "true"); // what it says stands beside it as text
  return view;
}

function fitting(node, view, after) {
  let width = node.clientWidth;
  new ResizeObserver(() => {
    if (node.clientWidth === width || !node.clientWidth) return;
    width = node.clientWidth;
    view.signal("room", width);
    (after ?? (() => {}))(width);
    view.runAsync();
  }).observe(node);
}

function tip(lines, x, y) {
  const box = byId("tip");
  if (!lines) {
    box.hidden = true;
    return;
  }
  box.replaceChildren(element("b", lines[0]), ...lines.slice(1).map((line) => element("span", line)));
  box.hidden = false;
  const [w, h] = [box.offsetWidth, box.offsetHeight];
  box.style.left = `${Math.max(8, Math.min(innerWidth - w - 8, x + 14))}px`;
  box.style.top = `${y + h + 22 > innerHeight ? Math.max(8, y - h - 14) : y + 14}px`;
}

function tellOf(candidate) {
  const said = candidate.text;
  const lines = [candidate.name];
  lines.push([candidate.role, candidate.kind === "single" ? "" : candidate.kind, said.verdict].filter(Boolean).join(" \u00b7 "));
  lines.push(`quality ${said.quality} on ${said.items} items`);
  if (said.gap) lines.push(`gap to the baseline ${said.gap}`);
  if (said.chance) lines.push(`good enough: ${said.chance}`);
  lines.push(`${said.cost} USD per 1,000 items \u00b7 latency ${said.latency}`);
  return lines;
}
