// Tables that are in the page already: rows are hidden and moved, never made.
const FIRST_ROWS = 25;

function sortable(table, after) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = element("button", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("n");
      const old = head.getAttribute("aria-sort");
      const way = old ? (old === "ascending" ? "descending" : "ascending") : isNumber && column < 5 ? "descending" : "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", way);
      const sign = way === "ascending" ? 1 : -1;
      const rows = [...body.rows].map((row) => [row, row.cells[column].dataset.v, row.cells[column].textContent]);
      rows.sort((a, b) => {
        if (!isNumber) return sign * a[2].localeCompare(b[2]);
        if ((a[1] === undefined) !== (b[1] === undefined)) return a[1] === undefined ? 1 : -1; // unknown last, always
        return sign * (Number(a[1] ?? 0) - Number(b[1] ?? 0));
      });
      body.append(...rows.map(([row]) => row));
      after();
    });
  });
}

function options(select, values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value, count] of [...counts].sort((a, b) => b[1] - a[1])) {
    const option = element("option", `${value} (${count})`);
    option.value = value;
    select.append(option);
  }
}

const later = (run) => {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, 80);
  };
};

function dropTable() {
  const table = byId("drop-table");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const facts = new Map(
    rows.map((row) => [row, [row.textContent.toLowerCase(), row.cells[1].textContent, row.cells[2].textContent]]),
  );
  const [search, phase, by] = ["drop-search", "drop-phase", "drop-by"].map(byId);
  options(phase, [...facts.values()].map((fact) => fact[1]));
  options(by, [...facts.values()].map((fact) => fact[2]));
  const more = byId("drop-more");
  let all = rows.length <= FIRST_ROWS;
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const [text, itsPhase, itsBy] = facts.get(row);
      const fits = text.includes(wanted) && (!phase.value || itsPhase === phase.value) && (!by.value || itsBy === by.value);
      found += fits;
      row.hidden = !fits || (!all && found > FIRST_ROWS);
      shown += !row.hidden;
    }
    byId("drop-count").textContent = `${shown} of ${rows.length} shown`;
    more.hidden = shown === found;
    more.textContent = `Show all ${found}`;
  };
  more.addEventListener("click", () => {
    all = true;
    filter();
  });
  search.addEventListener("input", later(filter));
  for (const select of [phase, by]) select.addEventListener("change", filter);
  sortable(table, filter);
  filter();
  show("drop-tools");
}

let showCandidate = () => {};

function candidateTable() {
  const table = byId("candidate-table");
  const [search, verdict, more] = ["candidate-search", "candidate-verdict", "candidate-more"].map(byId);
  const rows = [...table.tBodies[0].rows];
  const facts = new Map(rows.map((row) => [row, [row.cells[0].textContent.toLowerCase(), row.cells[1].textContent]]));
  let all = rows.length <= FIRST_ROWS;
  options(verdict, [...facts.values()].map((fact) => fact[1]));
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let found = 0;
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      const [name, itsVerdict] = facts.get(row);
      const fits = name.includes(wanted) && (!verdict.value || itsVerdict === verdict.value);
      found += fits;
      row.hidden = !fits || (!all && found > FIRST_ROWS);
      shown += !row.hidden;
    }
    byId("candidate-count").textContent = `${shown} of ${rows.length} shown`;
    more.hidden = shown === found;
    more.textContent = `Show all ${found}`;
  };
  more.addEventListener("click", () => {
    all = true;
    filter();
  });
  search.addEventListener("input", later(filter));
  verdict.addEventListener("change", filter);
  sortable(table, filter);
  showCandidate = (place) => {
    [all, search.value, verdict.value] = [true, "", ""];
    filter();
    for (const row of rows) row.classList.toggle("is-target", row === rows[place]);
    rows[place].scrollIntoView({ block: "center", behavior: isCalm() ? "auto" : "smooth" });
  };
  filter();
  show("candidate-tools");
}
