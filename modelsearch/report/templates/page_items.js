// Items on which the two disagree, a page of them at a time; what models wrote is set by textContent.
const ITEMS_A_PAGE = 20;
const GROUPS = { lost: "the baseline scores higher", gained: "the recommended scores higher", other: "same score, another answer" };

function part(title, text) {
  const head = element("h4", title);
  const body = element("pre", text === "" ? "(nothing)" : text);
  body.dir = "auto";
  return [head, body];
}

function saidBy(who, said) {
  const box = element("div");
  const score = said.score === null ? "no score" : `score ${said.score}`;
  const times = said.repeats > 1 ? `, mean of ${said.repeats}` : "";
  const status = said.status === "ok" ? "" : `, ${said.status}`;
  const head = element("h4");
  head.append(element("b", who), ` ${score}${times}${status}`);
  const body = element("pre", said.answer === "" ? "(no answer)" : said.answer);
  body.dir = "auto";
  box.append(head, body);
  if (said.reply) box.append(...part("in its own words", said.reply));
  return box;
}

function itemCard(item, names, groups) {
  const card = element("article", undefined, "item");
  const head = element("h3");
  head.append(element("bdi", item.id), element("span", groups[item.group], item.group));
  if (item.weight !== 1) head.append(element("span", `weight ${Number(item.weight.toPrecision(3))}`, "other"));
  const said = element("div", undefined, "said");
  said.append(saidBy(names[0], item.ours), saidBy(names[1], item.base));
  const asked = element("div", undefined, "asked");
  for (const [title, text] of [["Input", item.input], ["Target", item.target]]) {
    const box = element("div");
    box.append(...part(title, text));
    asked.append(box);
  }
  card.append(head, asked, said);
  return card;
}

function itemList() {
  const list = byId("item-list");
  if (!list) return;
  const items = read("item-data");
  if (!items.length) return;
  const isKept = list.dataset.kept === "yes";
  const who = isKept ? "Runner-up" : "Recommended";
  const groups = isKept ? { ...GROUPS, gained: "the runner-up scores higher" } : GROUPS;
  const texts = items.map((item) => JSON.stringify([item.id, item.input, item.target, item.ours, item.base]).toLowerCase());
  const [search, group, more] = ["item-search", "item-group", "item-more"].map(byId);
  let found = [];
  let shown = 0;
  const grow = () => {
    const next = found.slice(shown, shown + ITEMS_A_PAGE);
    const cards = next.map((item) => itemCard(item, [who, "Baseline"], groups));
    list.append(...cards);
    const long = cards.flatMap((card) => [...card.querySelectorAll("pre")]).filter((body) => body.scrollHeight > body.clientHeight + 1);
    for (const body of long) body.tabIndex = 0; // so that keys can scroll it
    shown += next.length;
    more.hidden = shown >= found.length;
    byId("item-count").textContent = `${shown} of ${found.length} found, ${items.length} in this page`;
  };
  const filter = () => {
    const wanted = JSON.stringify(search.value.trim().toLowerCase()).slice(1, -1); // as the texts are written
    found = items.filter((item, place) => texts[place].includes(wanted) && (!group.value || item.group === group.value));
    list.replaceChildren();
    shown = 0;
    grow();
  };
  search.addEventListener("input", later(filter));
  group.addEventListener("change", filter);
  more.addEventListener("click", grow);
  filter();
  show("item-tools");
}
