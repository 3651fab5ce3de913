// What can be read comes first, charts after it.
function start() {
  const page = read("page-data");
  theme();
  savings(page.saving);
  candidateTable();
  dropTable();
  copying();
  sections();
  requestAnimationFrame(async () => {
    await frontChart(page);
    await raceChart(page);
    itemList();
    document.documentElement.dataset.ready = "yes";
    performance.mark("ready");
  });
}
start();
