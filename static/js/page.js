// For the few pages that load it: files dropped on a field, countdowns, "pick all" in a table.
(() => {
  "use strict";
  const doc = document;
  const lang = doc.documentElement.lang || "id";

  // ---- a file dropped on its field; the name is shown and read out ----
  const show = (drop) => {
    const file = drop.querySelector("input[type=file]").files[0];
    const kilobytes = file && Math.max(1, Math.round(file.size / 1000)).toLocaleString(lang);
    drop.querySelector("output").textContent = file ? `${file.name} (${kilobytes} KB)` : "";
  };
  doc.addEventListener("change", (event) => {
    const drop = event.target.matches("input[type=file]") && event.target.closest(".drop");
    if (drop) show(drop);
    const all = event.target.closest("[data-pick-all]");
    if (all) {
      doc.querySelectorAll(`input[type=checkbox][name="${CSS.escape(all.dataset.pickAll)}"]:enabled`)
        .forEach((box) => { box.checked = all.checked; });
    }
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach((name) => doc.addEventListener(name, (event) => {
    const drop = event.target.closest?.(".drop");
    if (drop) drop.classList.toggle("is-over", name.startsWith("dragenter") || name === "dragover");
  }));

  // ---- time left, in words, twice a minute; the server keeps the real clock ----
  const unit = (count, name) =>
    new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "long" }).format(count);
  const tick = () => doc.querySelectorAll("[data-until]").forEach((node) => {
    const minutes = Math.max(0, Math.floor((Date.parse(node.dataset.until) - Date.now()) / 60000));
    const parts = [[Math.floor(minutes / 1440), "day"], [Math.floor(minutes / 60) % 24, "hour"], [minutes % 60, "minute"]]
      .filter(([count]) => count).slice(0, 2).map(([count, name]) => unit(count, name));
    node.textContent = parts.join(" ") || unit(0, "minute");
  });
  tick();
  setInterval(tick, 30000);
})();
