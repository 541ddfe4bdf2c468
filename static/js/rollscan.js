// Participant cards by camera or photo (js/scan.js): each text goes to the form below, whose answer is the
// outcome. The camera stays open for the next card. Loaded by app.js (data-module); words are in scan.html.

const root = document.getElementById("scan");
const form = document.getElementById("card");
const input = form.elements.code;
const LONGEST = 10_000;

// One card after the other: the next is read when the answer to this one is on the page.
const send = (text) => new Promise((resolve) => {
  const done = () => {
    form.removeEventListener("htmx:afterRequest", done);
    resolve(false);
  };
  form.addEventListener("htmx:afterRequest", done);
  setTimeout(done, LONGEST);
  input.value = text;
  form.requestSubmit();
});

form.addEventListener("htmx:afterRequest", () => {
  const kind = document.getElementById("outcome")?.dataset.kind;
  input.value = "";
  // Felt without looking: one short pulse for a mark, two for anything else. Where the device can.
  navigator.vibrate?.(kind === "ok" || kind === "warn" ? 80 : [80, 80, 80]);
});

const { mount } = await import(root.dataset.scan);
mount(root, { found: send });
