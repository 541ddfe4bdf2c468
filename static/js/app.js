// Enhancements only: every page works without this file. No inline code, no eval.
(() => {
  "use strict";
  const doc = document;
  const find = (selector, root = doc) => root.querySelector(selector);

  // ---- one voice: role=status says it, and shows it for a while ----
  const status = find("#status");
  let hush;
  const announce = (words) => {
    if (!status) return;
    const toast = doc.createElement("p");
    toast.className = "toast";
    toast.textContent = words;
    status.replaceChildren(toast);
  };
  const tidy = () => {
    clearTimeout(hush);
    if (status?.firstElementChild && !find("button,a", status)) hush = setTimeout(() => status.replaceChildren(), 6000);
  };
  if (status) new MutationObserver(tidy).observe(status, { childList: true });
  // The server sends `HX-Trigger: {"announce": "..."}`.
  doc.addEventListener("announce", (event) => announce(event.detail.value));

  // ---- focus: the error summary first, else the heading of a new panel ----
  const settle = (root) => {
    const summary = root.matches?.(".error-summary") ? root : find(".error-summary[role=alert]", root);
    if (summary) {
      summary.focus();
      const prefix = summary.dataset.title;
      if (prefix && !doc.title.startsWith(prefix)) doc.title = prefix + " " + doc.title;
      return;
    }
    const heading = root.matches?.("[data-focus]") ? root : find("[data-focus]", root);
    if (heading) {
      heading.tabIndex = -1;
      heading.focus();
    }
  };
  const first = find(".error-summary[role=alert]");
  if (first) settle(first);

  // ---- dialogs: a link to a page; with JavaScript its fragment opens over this one ----
  const dialog = find("#dialog");
  doc.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    if (closer && dialog?.open) {
      event.preventDefault();
      dialog.close();
    } else if (event.target === dialog) {
      dialog.close();
    } else if (event.target.closest("[data-print]")) {
      event.preventDefault();
      print();
    }
  });
  doc.addEventListener("closeDialog", () => dialog?.close());

  // ---- the menu closes on Escape, on a press outside and when focus leaves ----
  const menus = (keep) => doc.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!keep || !menu.contains(keep)) menu.open = false;
  });
  doc.addEventListener("click", (event) => menus(event.target));
  doc.addEventListener("focusin", (event) => menus(event.target));
  doc.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && find("details.menu[open]");
    if (menu) {
      menu.open = false;
      find("summary", menu).focus();
    }
  });

  // ---- a plain form sent twice is sent once (the server makes sure again) ----
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.matches("[hx-post]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => doc.querySelectorAll("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    find("[aria-busy]", form)?.removeAttribute("aria-busy");
  }));

  // ---- what a class noted without signal is looked at before signing out (js/queue.js keeps the address) ----
  doc.addEventListener("submit", (event) => {
    let kept;
    try { kept = event.target.action.endsWith("/keluar") && localStorage.getItem("balai-kelas"); } catch { return; }
    if (!kept) return;
    event.preventDefault();
    location.href = kept + "?keluar";
  }, true);
  // Enhancements that a page can wait for come after it.
  addEventListener("load", () => doc.querySelectorAll("[data-module]").forEach((node) => import(node.dataset.module)));

  // ---- htmx: busy marks, and a way to try again that keeps what was typed ----
  const net = find("#net");
  let failed;
  const busy = (detail, on) => [detail.target, detail.requestConfig?.triggeringEvent?.submitter].forEach((node) => {
    if (on) node?.setAttribute?.("aria-busy", "true");
    else node?.removeAttribute?.("aria-busy");
  });
  const hideNet = () => {
    if (net) net.hidden = true;
    failed = null;
  };
  const fail = (event) => {
    const detail = event.detail;
    if (!net || (detail.xhr?.status && detail.xhr.status < 500)) return;
    failed = { node: detail.elt, cause: detail.requestConfig?.triggeringEvent };
    net.hidden = false;
  };
  // A tap that waited for the one before it still says which button it was, though that button is gone by now.
  doc.addEventListener("htmx:configRequest", ({ detail }) => {
    const by = detail.triggeringEvent?.submitter;
    if (by?.name) detail.parameters[by.name] = by.value;
  });
  doc.addEventListener("htmx:beforeRequest", (event) => {
    // Polling rests while nobody looks.
    if (doc.hidden && /every /.test(event.detail.elt.getAttribute("hx-trigger") || "")) event.preventDefault();
    else busy(event.detail, true);
  });
  doc.addEventListener("htmx:afterRequest", (event) => {
    busy(event.detail, false);
    if (event.detail.successful && net && !net.hidden) hideNet();
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((name) => doc.addEventListener(name, fail));
  doc.addEventListener("htmx:afterSettle", (event) => {
    const node = event.detail.elt;
    if (dialog?.contains(node)) {
      if (!dialog.open && dialog.firstElementChild) dialog.showModal();
      settle(dialog);
    } else if (!status?.contains(node)) {
      settle(node);
    }
  });
  net?.addEventListener("click", (event) => {
    if (!event.target.closest("[data-retry]") || !failed) return;
    const { node, cause } = failed;
    hideNet();
    const button = cause?.type === "submit" && cause.submitter;
    // A press, not requestSubmit(): htmx sends the value of the button that was pressed last.
    if (button?.isConnected) {
      button.focus();
      button.click();
    } else if (node.requestSubmit && cause?.type === "submit") node.requestSubmit();
    else window.htmx?.trigger(node, cause?.type || "click");
  });
})();

// What only some pages have: files dropped on a field, countdowns, "pick all" in a table.
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
