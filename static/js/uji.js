// The page of a written test. Without this file the page is a plain form that saves with its buttons.
// With it every choice is sent at once, all questions are at hand without signal, and what could not be sent
// waits in IndexedDB. "Tersimpan" is only said after the server said so; the server alone knows the time:
// here only differences are measured.
(() => {
  "use strict";
  const doc = document, root = doc.getElementById("uji");
  const find = (selector, inside = doc) => inside.querySelector(selector);
  const all = (selector, inside = doc) => [...inside.querySelectorAll(selector)];
  const page = JSON.parse(root.dataset.page), words = JSON.parse(root.dataset.words);
  const token = JSON.parse(doc.body.getAttribute("hx-headers"))["X-CSRFToken"];
  const form = find("#jawab"), slot = find("#soal"), born = performance.now();
  const held = new Map(Object.entries(page.answers).map(([no, [answer, seq]]) => [Number(no), { answer, seq }]));
  const flags = new Set(page.flags);
  const pending = new Map();
  let no = page.no, sections = null, stopped = false;
  const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
  const say = (text) => doc.dispatchEvent(new CustomEvent("announce", { detail: { value: text } }));
  const put = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

  // ---- an answer in and out of the inputs of templates/assessment/question.html ----
  const own = (node, selector) => all(selector, node).filter((one) => one.closest("[data-q]") === node);
  const read = (node) => {
    const kind = node.dataset.q;
    if (kind === "case") {
      const parts = all("[data-part]", node).map((part) => [part.dataset.part, read(find("[data-q]", part))]).filter(([, answer]) => answer !== null);
      return parts.length ? Object.fromEntries(parts) : null;
    }
    if (kind === "matching") {
      const pairs = own(node, "select").filter((select) => select.value).map((select) => [select.dataset.left, select.value]);
      return pairs.length ? Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : 1))) : null;
    }
    if (kind === "number") return own(node, "input")[0].value.trim() || null;
    const chosen = own(node, ":checked").map((input) => input.value);
    if (kind === "multiple") return chosen.length ? chosen.sort() : null;
    if (!chosen.length) return null;
    return kind === "true_false" ? chosen[0] === "true" : chosen[0];
  };
  const fill = (node, answer) => {
    const kind = node.dataset.q;
    if (kind === "case") all("[data-part]", node).forEach((part) => fill(find("[data-q]", part), answer?.[part.dataset.part] ?? null));
    else if (kind === "matching") own(node, "select").forEach((select) => { select.value = answer?.[select.dataset.left] ?? ""; });
    else if (kind === "number") own(node, "input")[0].value = answer === null ? "" : String(answer).replace(".", ",");
    else own(node, "input").forEach((input) => { input.checked = answer !== null && [].concat(answer).map(String).includes(input.value); });
  };
  const question = () => find("[data-q]", slot);
  const answerOf = (place) => (pending.has(place) ? pending.get(place).answer : held.get(place)?.answer ?? null);

  // ---- what waits: one row an answer, so that a closed tab loses nothing ----
  const store = new Promise((resolve, reject) => {
    const request = indexedDB.open("balai-uji", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("menunggu", { keyPath: ["attempt", "no"] });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const kept = async (mode, work) => {
    try {
      const request = work((await store).transaction("menunggu", mode).objectStore("menunggu"));
      return await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    } catch {
      return undefined; // private windows have no store: then it waits in this page alone
    }
  };
  const keep = (place) => {
    const { answer, seq, tried } = pending.get(place);
    return kept("readwrite", (box) => box.put({ attempt: page.attempt, no: place, answer, seq, tried }));
  };
  const drop = (place) => {
    pending.delete(place);
    return kept("readwrite", (box) => box.delete([page.attempt, place]));
  };

  // ---- what the page says about it ----
  const state = () => {
    const now = away ? "waiting" : pending.size ? "saving" : held.has(no) && held.get(no).answer !== null ? "saved" : "";
    all("[data-when]").forEach((part) => { part.hidden = part.dataset.when !== now; });
    find("[data-waiting]").textContent = put(words.waiting, { n: pending.size });
    find("[data-file]").hidden = !(pending.size && crypto.subtle && page.key && (left() <= 0 || (away && performance.now() - away.since >= 60000)));
  };
  const stop = (text, link) => {
    stopped = true;
    const notice = find("[data-message]");
    find("strong", notice).textContent = text;
    notice.hidden = false;
    if (link) location.assign(link);
  };

  // ---- time: what the server said was left, less what has passed here since ----
  let told = { left: page.left, at: born }, last = page.left;
  const left = () => told.left - (performance.now() - told.at);
  const hear = (millis) => { if (Number.isFinite(millis)) told = { left: millis, at: performance.now() }; };
  const tick = () => {
    const now = left(), seconds = Math.max(0, Math.ceil(now / 1000));
    find("[data-time]").textContent = now < 300000
      ? `${Math.floor(seconds / 60)}.${String(seconds % 60).padStart(2, "0")}`
      : put(words.left, { n: Math.ceil(now / 60000) });
    for (const minutes of [10, 5, 1]) if (last > minutes * 60000 && now <= minutes * 60000 && now > 0) say(put(words.minutes, { n: minutes }));
    if (now <= 0 && last > 0) over();
    last = now;
    state();
  };
  const over = async () => {
    if (await news({}) && left() > 0) return; // extended meanwhile
    if (left() > 0) return;
    if (away) stop(words.over);
    else stop(words.over, page.url);
  };

  // ---- sending: one at a time, the newest choice of each question, the same number until it is acknowledged ----
  let away = null, busy = false, again, wait = 1000;
  const send = (path, body) => fetch(page.url + path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
    redirect: "manual",
    signal: AbortSignal.timeout?.(15000),
  });
  const lost = () => {
    away ||= { since: performance.now(), waiting: 0 };
    away.waiting = Math.max(away.waiting, pending.size);
    clearTimeout(again);
    again = setTimeout(pump, wait);
    wait = Math.min(wait * 2, 15000);
    state();
  };
  const back = () => {
    wait = 1000;
    if (!away) return;
    const { since, waiting } = away, ended = performance.now();
    away = null;
    if (ended - since >= 1000) outages.push({ key: Math.random().toString(36).slice(2, 12), since, ended, waiting });
  };
  const outages = [];
  const tellOutages = async () => {
    while (outages.length && !away) {
      const { key, since, ended, waiting } = outages[0];
      const off = { key, seconds: Math.round((ended - since) / 1000), ago: Math.round((performance.now() - ended) / 1000), waiting };
      if (!(await news({ off }))) return;
      outages.shift();
    }
  };
  // A small report; true when the server took or refused it, false when it did not get there.
  const news = async (body) => {
    try {
      const answer = await send("/kabar", body);
      if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
      if (answer.ok) hear((await answer.json()).left);
      back();
      return true;
    } catch {
      lost();
      return false;
    }
  };
  const settle = async (place, entry, answer, body) => {
    if (answer.ok) {
      hear(body.left);
      held.set(place, { answer: entry.answer, seq: body.next });
      if (pending.get(place) === entry) await drop(place);
      else if (pending.has(place)) Object.assign(pending.get(place), { seq: body.next, tried: [] });
    } else if (answer.status === 409 && body.code === "other_device") {
      const now = pending.get(place);
      // Our own earlier try whose answer got lost, or a choice made just now: it goes on top. An old one does not.
      const fresh = now.at !== null && performance.now() - now.at < 15000;
      held.set(place, { answer: body.answer, seq: body.seq });
      if (fresh || now.tried.some((one) => same(one, body.answer))) Object.assign(now, { seq: body.seq, tried: [] });
      else {
        await drop(place);
        if (place === no) fill(question(), body.answer);
        say(put(words.elsewhere, { no: place }));
      }
    } else if (answer.status === 409 || answer.status === 404) {
      for (const one of [...pending.keys()]) await drop(one);
      stop(body.message || words.over, page.url);
    } else if (answer.status === 422 || answer.status === 413) {
      await drop(place);
      if (body.message) say(body.message);
    } else stop(words.signin);
  };
  const pump = async () => {
    if (busy || stopped) return;
    busy = true;
    clearTimeout(again);
    try {
      while (pending.size && !stopped) {
        const [place, entry] = pending.entries().next().value;
        if (!entry.tried.some((one) => same(one, entry.answer))) entry.tried.push(entry.answer);
        state();
        let answer, body;
        try {
          answer = await send("/jawaban", { no: place, seq: entry.seq, answer: entry.answer });
          if (answer.status >= 500 || answer.status === 429) throw new Error(answer.status);
          // An answer that breaks off in the middle is no answer.
          body = [200, 409, 422].includes(answer.status) ? await answer.json() : {};
        } catch {
          keep(place);
          lost();
          return;
        }
        back();
        await settle(place, entry, answer, body);
      }
      if (away && !stopped) await news({});
    } finally {
      busy = false;
      state();
    }
    tellOutages();
  };
  const choose = (place, answer) => {
    const before = pending.get(place);
    if (stopped || same(answerOf(place), answer)) return;
    // After a try that may have arrived, another choice must not pass for the same one: both are remembered.
    pending.set(place, { answer, seq: before?.seq ?? held.get(place)?.seq ?? 1, tried: before?.tried ?? [], at: performance.now() });
    keep(place);
    state();
    pump();
  };

  // ---- choosing: arrow keys move the focus and store nothing ----
  let keyed = false, typing;
  const take = () => { clearTimeout(typing); typing = 0; keyed = false; choose(no, read(question())); };
  slot.addEventListener("keydown", (event) => {
    const input = event.target;
    if (input.matches("select")) {
      if (event.key === "Enter") take();
      else if (event.key.startsWith("Arrow") || event.key.length === 1 || ["Home", "End", "PageUp", "PageDown"].includes(event.key)) keyed = true;
      return;
    }
    if (!input.matches("input")) return;
    if (event.key === "Enter") {
      event.preventDefault();
      if (input.matches("[type=radio],[type=checkbox]")) input.click();
      else take();
    } else if (input.type === "radio" && event.key.startsWith("Arrow")) {
      event.preventDefault();
      const group = all(`input[name="${CSS.escape(input.name)}"]`, slot);
      const step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1;
      group[(group.indexOf(input) + step + group.length) % group.length].focus();
    }
  });
  slot.addEventListener("pointerdown", () => { keyed = false; });
  slot.addEventListener("change", (event) => { if (!(event.target.matches("select") && keyed)) take(); });
  slot.addEventListener("input", (event) => {
    if (event.target.inputMode !== "decimal") return;
    clearTimeout(typing);
    typing = setTimeout(take, 900);
  });
  slot.addEventListener("focusout", () => { if (keyed || typing) take(); });

  // ---- going from question to question ----
  const flagged = () => {
    const button = find("[data-flag]");
    button.setAttribute("aria-pressed", String(flags.has(no)));
    button.value = flags.has(no) ? 0 : 1;
  };
  const describe = () => all("fieldset", slot).forEach((one) => { if (find("input[type=radio]", one)) one.setAttribute("aria-describedby", "cara"); });
  const show = (place, remember = true) => {
    const section = sections?.get(place);
    if (!section) return false;
    if (typing || keyed) take();
    no = place;
    slot.replaceChildren(...[...section.cloneNode(true).childNodes]);
    fill(question(), answerOf(no));
    const title = put(words.title, { no, count: page.count });
    doc.title = doc.title.replace(/^[^,]*/, title);
    find("#judul").textContent = title;
    form.action = `${page.url}?no=${no}`;
    if (remember) history.pushState({ no }, "", `${page.url}?no=${no}`);
    buttons();
    flagged();
    describe();
    state();
    find("#judul").focus({ preventScroll: true });
    scrollTo(0, 0);
    return true;
  };
  const buttons = () => {
    const backward = find("[data-back]"), forward = find("[data-next]");
    backward.disabled = no === 1;
    backward.value = no - 1;
    forward.value = no < page.count ? no + 1 : 0;
    find("span", forward).textContent = no < page.count ? words.next : words.review;
  };
  // To another page only with everything sent and a server that answers; else this page stays, with all in it.
  const leave = async (address) => {
    if (typing || keyed) take();
    await pump();
    if (!pending.size && await news({})) location.assign(address);
    else say(words.noreview);
  };
  const review = () => leave(find("[data-review]").href);
  doc.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-back],[data-next],[data-flag],[data-clear],[data-review],[data-save-file]");
    if (!pressed || stopped) return;
    const name = ["back", "next", "flag", "clear", "review", "saveFile"].find((one) => one in pressed.dataset);
    if (name === "back" || name === "next") {
      const place = Number(pressed.value);
      event.preventDefault();
      if (place < 1) review();
      else if (!show(place)) leave(`${page.url}?no=${place}`);
      return;
    }
    event.preventDefault();
    if (name === "review") review();
    else if (name === "saveFile") saveFile();
    else if (name === "clear") {
      fill(question(), null);
      choose(no, null);
    } else {
      if (!flags.delete(no)) flags.add(no);
      flagged();
      unsaid.set(no, flags.has(no) ? 1 : 0);
      tellFlags();
    }
  });
  addEventListener("popstate", () => show(Number(new URLSearchParams(location.search).get("no")) || 1, false));
  const unsaid = new Map();
  const tellFlags = async () => {
    for (const [place, on] of [...unsaid]) {
      if (!(await news({ flag: [place, on] }))) return;
      if (unsaid.get(place) === on) unsaid.delete(place);
    }
  };

  // ---- the answer file: sealed for the server, for a connection that stays away ----
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const bytes = (coded) => Uint8Array.from(atob(coded.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
  const since = (moment) => Math.round(Math.max(0, (moment ?? born) - born));
  const saveFile = async () => {
    const curve = { name: "ECDH", namedCurve: "P-256" };
    const info = new TextEncoder().encode(`balai-uji/1/${page.test}`);
    const answers = [...pending].map(([place, one]) =>
      [place, one.seq + (one.tried.some((tried) => !same(tried, one.answer)) ? 1 : 0), one.answer, since(one.at)]);
    const inside = { attempt: page.attempt, stamp: page.stamp, elapsed: since(performance.now()), answers };
    const pair = await crypto.subtle.generateKey(curve, false, ["deriveBits"]);
    const theirs = await crypto.subtle.importKey("raw", bytes(page.key), curve, false, []);
    const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, pair.privateKey, 256);
    const secret = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
    const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: info }, key, new TextEncoder().encode(JSON.stringify(inside)));
    const point = await crypto.subtle.exportKey("raw", pair.publicKey);
    const file = { balai_uji: 1, test: page.test, point: text(point), iv: text(iv), sealed: text(sealed) };
    const link = doc.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(file)], { type: "application/octet-stream" }));
    link.download = `jawaban-${page.attempt}.balai-uji`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say(words.file);
  };

  // ---- begin: what waited from before, the other questions, who we are ----
  addEventListener("online", pump);
  addEventListener("offline", () => lost());
  addEventListener("beforeunload", (event) => { if (pending.size && !stopped) event.preventDefault(); });
  doc.addEventListener("visibilitychange", () => { if (!doc.hidden && !stopped) (pending.size ? pump() : news({})); });
  setInterval(() => {
    if (!doc.hidden && !stopped && !away && performance.now() - told.at > 60000) news({}).then(tellFlags);
  }, 10000);
  const begin = async () => {
    const rows = (await kept("readonly", (box) => box.getAll())) || [];
    for (const row of rows.filter((one) => one.attempt === page.attempt)) {
      if (pending.has(row.no)) continue;
      if (same(held.get(row.no)?.answer, row.answer)) await drop(row.no);
      else pending.set(row.no, { answer: row.answer, seq: row.seq, tried: row.tried, at: null });
    }
    if (pending.has(no)) fill(question(), answerOf(no));
    await pump();
    await news({ device: 1 });
  };
  const prefetch = async () => {
    try {
      const answer = await fetch(`${page.url}/soal`, { redirect: "manual" });
      if (!answer.ok) throw new Error(answer.status);
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      sections = new Map(all("[data-no]", parsed).map((one) => [Number(one.dataset.no), one]));
      sections.forEach((one) => all("img", one).forEach((image) => { new Image().src = image.src; image.loading = "eager"; }));
      root.dataset.ready = "1";
    } catch {
      setTimeout(prefetch, 5000);
    }
  };
  buttons();
  describe();
  tick();
  setInterval(tick, 1000);
  begin();
  prefetch();
})();
