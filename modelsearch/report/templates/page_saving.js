// What would be saved a month at the volume that is typed.
function volumeOf(text) {
  const found = /^([\d.,\s_']*\d)\s*([kmb]?)$/i.exec(text.trim());
  if (!found) return null;
  const scale = { "": 1, k: 1e3, m: 1e6, b: 1e9 }[found[2].toLowerCase()];
  const digits = found[1].replace(/[\s_',]/g, "");
  const value = Number(digits) * scale;
  return Number.isFinite(value) && value <= 1e15 ? Math.round(value) : null;
}

function savingText(saving, volume) {
  const thousands = volume / 1000;
  const [ours, base] = [saving.ours, saving.base];
  const [least, most] = [base[1] - ours[2], base[2] - ours[1]].map((usd) => usd * thousands);
  const parts = [`Now ${cents(base[0] * thousands)} USD, then ${cents(ours[0] * thousands)} USD.`];
  if (cents(least) !== cents(most)) parts.push(`Between ${cents(least)} and ${cents(most)} USD at the bounds of both costs.`);
  if (saving.per_1k > 0 && saving.search_usd > 0) {
    const items = Math.ceil((1000 * saving.search_usd) / saving.per_1k);
    parts.push(`The search itself cost ${money(saving.search_usd)} USD: earned back after ${items.toLocaleString("en-US")} items.`);
  }
  return parts.join(" ");
}

function savings(saving) {
  if (!saving) return;
  const input = byId("volume");
  const tell = () => {
    const volume = volumeOf(input.value);
    input.setAttribute("aria-invalid", String(volume === null));
    byId("saving-month").textContent = volume === null ? "\u2013" : `${cents((saving.per_1k * volume) / 1000)} USD`;
    byId("saving-more").textContent =
      volume === null ? "Type a number of items, such as 250,000 or 1.5m." : savingText(saving, volume);
  };
  input.addEventListener("input", tell);
  input.addEventListener("blur", () => {
    const volume = volumeOf(input.value);
    if (volume !== null) input.value = volume.toLocaleString("en-US");
  });
  tell();
  show("saving-form");
  byId("saving-static").hidden = true;
}
