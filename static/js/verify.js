// Checks the QR's fragment on this device, against the key of this page's certificate (js/qr.js).
// Without a fragment, or without this script, nothing changes.
(() => {
  const box = document.getElementById("qr-check");
  const fragment = location.hash.slice(1);
  // A place on the page ("skip to content") is no QR.
  if (!box || !fragment || document.getElementById(fragment)) return;
  const parts = document.currentScript.dataset;

  const show = (outcome, name) => {
    box.hidden = false;
    if (outcome === "mismatch") {
      // A failed signature suppresses every other claim.
      document.getElementById("qr-mismatch").hidden = false;
      for (const part of document.querySelectorAll("[data-claim], [data-masked]")) part.hidden = true;
    }
    for (const part of box.querySelectorAll("[data-when]")) part.hidden = part.dataset.when !== outcome;
    const holder = document.getElementById("holder");
    if (name && holder) {
      holder.textContent = name;
      for (const part of document.querySelectorAll("[data-masked]")) part.hidden = true;
    }
  };

  const check = async () => {
    const { checkFragment } = await import(parts.qr);
    const key = Uint8Array.from(atob(box.dataset.key), (letter) => letter.charCodeAt(0));
    const { facts, problem } = await checkFragment(box.dataset.code, fragment, { key }, parts.ed25519);
    if (problem === "unchecked") return show("unknown");
    return facts?.number === box.dataset.number ? show("match", facts.name) : show("mismatch");
  };

  // A browser that cannot compute, or a part that did not load: neither a pass nor a failure.
  check().catch(() => show("unknown"));
})();
