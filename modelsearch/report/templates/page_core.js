// What everything else stands on. Text of strangers is set by textContent alone.
const byId = (id) => document.getElementById(id);
const read = (id) => JSON.parse(byId(id).textContent);
const isCalm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function show(...ids) {
  for (const id of ids) byId(id)?.removeAttribute("hidden");
}

function middle(text, most) {
  if (text.length <= most) return text;
  const half = (most - 1) / 2;
  return text.slice(0, Math.ceil(half)) + "\u2026" + text.slice(text.length - Math.floor(half));
}

function money(value) {
  // as report.numbers.amount: cents from 100 on, else four places or digits, at least two places
  const size = Math.abs(value);
  const places = size >= 100 ? 2 : size === 0 || size >= 1 ? 4 : 3 - Math.floor(Math.log10(size));
  const most = Math.min(places, 20);
  return value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: most });
}

const cents = (value) => (Math.abs(value) >= 1 ? money(Math.round(100 * value) / 100) : money(value));

function theme() {
  const buttons = [...byId("theme").querySelectorAll("button")];
  const set = (name) => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.theme === name));
  };
  let kept = "auto";
  try {
    kept = localStorage.getItem("modelsearch-theme") ?? "auto";
  } catch {
    kept = "auto"; // a file opened from disk may have no storage
  }
  set(["light", "dark"].includes(kept) ? kept : "auto");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      set(button.dataset.theme);
      try {
        localStorage.setItem("modelsearch-theme", button.dataset.theme);
      } catch {
        return;
      }
    });
  }
  show("theme");
}

function sections() {
  // which section is being read, told by the menu
  const links = new Map([...document.querySelectorAll(".top nav a")].map((a) => [a.hash.slice(1), a]));
  const seen = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) entry.isIntersecting ? seen.add(entry.target.id) : seen.delete(entry.target.id);
      const current = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-60px 0px -55% 0px" },
  );
  for (const id of links.keys()) {
    const section = byId(id);
    if (section) observer.observe(section);
  }
}

function copying() {
  const command = byId("command");
  const button = byId("copy");
  if (!command || !button) return;
  show("copy");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(command); // the next Ctrl+C takes it
      button.textContent = "Selected";
    }
  });
}
