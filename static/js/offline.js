// The page /offline: checks a QR on this device, with keys and lists brought along earlier. What it keeps: the
// pinned root, trust.json and the offline document. What it never keeps or sends: anything of a certificate.
(async () => {
  const root = document.getElementById("offline");
  const parts = root.dataset;
  const [qr, { decide, isOver, FRESH }, documents, { mount }] =
    await Promise.all([parts.qr, parts.decide, parts.bundle, parts.scan].map((address) => import(address)));
  // English days read as everywhere on the portal: 30 November 2026.
  const lang = document.documentElement.lang === "en" ? "en-GB" : "id";
  const find = (name, inside = root) => inside.querySelector(`[data-${name}]`);
  const all = (name, inside = root) => inside.querySelectorAll(`[data-${name}]`);
  const verify = (key, message, signature) => qr.verifySignature(key, message, signature, parts.ed25519);

  // ---- words ----
  const dayWords = (number) =>
    new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "UTC" }).format(number * 86400000);
  const momentWords = (moment) =>
    new Intl.DateTimeFormat(lang, { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" }).format(moment);
  const ageWords = (age) => {
    const minutes = Math.max(0, Math.floor(age / 60000));
    const [count, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
    return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(count);
  };
  const fill = (inside, words) => all("fill", inside).forEach((slot) => {
    if (slot.dataset.fill in words) slot.textContent = words[slot.dataset.fill];
  });
  const keepOnly = (inside, names) => all("if", inside).forEach((part) => { part.hidden = !names.includes(part.dataset.if); });

  // ---- what is kept: one IndexedDB store of three entries ----
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("balai-offline", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("kept");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  opened.catch(() => {});
  const kept = async (mode, work) => {
    const store = (await opened).transaction("kept", mode).objectStore("kept");
    const request = work(store);
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  };
  const recall = (name) => kept("readonly", (store) => store.get(name)).catch(() => undefined);
  const remember = (name, value) => kept("readwrite", (store) => store.put(value, name)).catch(() => warn("no_storage"));

  const state = { pinned: null, trust: null, bundle: null, ahead: false, worker: false };
  const warn = (name) => { for (const part of all("warning")) if (part.dataset.warning === name) part.hidden = false; };
  const calm = (...names) => { for (const part of all("warning")) if (names.includes(part.dataset.warning)) part.hidden = true; };

  // Also what comes from storage is checked again: it may have been changed there.
  const takeTrust = async (document) => {
    const judged = await documents.judgeTrust(document, state.pinned, verify);
    if (judged !== "ok") return judged;
    if (state.trust && document.signed < state.trust.signed) return "ok";
    state.trust = document;
    state.pinned ||= document.root.publicKeyMultibase;
    return "new";
  };
  const takeBundle = async (document) => {
    if (!state.trust || !(await documents.judgeBundle(document, state.trust, verify))) return "damaged";
    if (state.bundle && document.asOf < state.bundle.asOf) return "ok";
    state.bundle = document;
    return "new";
  };

  const get = async (address) => {
    const answer = await fetch(address, { cache: "no-cache", credentials: "omit", signal: AbortSignal.timeout?.(15000) });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json().catch(() => ({}));
  };

  const refreshTrust = async () => {
    const judged = await takeTrust(await get(parts.trust));
    if (judged === "other_root" || judged === "damaged") return judged;
    if (judged === "new") {
      await remember("trust", state.trust);
      await remember("pinned", state.pinned);
    }
    return "ok";
  };

  const refreshBundle = async () => {
    const fetched = await get(parts.data);
    const judged = await takeBundle(fetched);
    if (judged === "damaged") return judged;
    // The portal makes the document anew every hour: one just fetched that looks old means a fast clock.
    state.ahead = Date.now() - documents.timesOf(fetched).asOf > 86400000;
    if (judged === "new") await remember("bundle", state.bundle);
    return "ok";
  };

  const refresh = async () => {
    const button = find("refresh"), seen = [];
    button.setAttribute("aria-busy", "true");
    for (const part of [refreshTrust, refreshBundle]) {
      // No network, or a portal that does not answer: what was kept stands, and its age is shown.
      seen.push(await part().catch(() => "unreachable"));
    }
    // Under another root the lists are another's too: one warning says it all.
    const said = seen.includes("other_root") ? ["other_root"] : seen;
    for (const name of ["other_root", "damaged", "unreachable"]) {
      if (said.includes(name)) warn(name);
      else if (name !== "other_root" || seen[0] === "ok") calm(name);
    }
    button.removeAttribute("aria-busy");
    showData();
  };

  const showData = () => {
    const times = state.bundle && documents.timesOf(state.bundle);
    const age = times && Date.now() - times.asOf;
    fill(root, {
      host: new URL(base()).host,
      asof: times ? momentWords(times.asOf) : "",
      age: times ? ageWords(age) : "",
      keys: state.trust ? String(Object.keys(documents.certificateKeys(state.trust)).length) : "0",
      root: state.pinned || "",
    });
    for (const part of all("list")) part.hidden = part.dataset.list !== (!times ? "none" : age > FRESH ? "old" : "fresh");
    const ready = state.worker && state.trust && state.bundle;
    root.dataset.ready = ready ? "yes" : "no";
    for (const part of all("when")) part.hidden = part.dataset.when !== root.dataset.ready;
  };

  const base = () => (state.trust ? state.trust.url.replace(/\/+$/, "") : location.origin);

  // ---- one check ----
  const check = async (text) => {
    const now = Date.now();
    const read = qr.readText(text, base());
    if (read.problem === "foreign") return show("foreign", ["foreign"], { now, other: read.host });
    if (read.problem) return show("unreadable", [read.problem], { now, code: read.code });
    let keys = {};
    try { keys = documents.certificateKeys(state.trust); } catch { /* without keys: could not be checked */ }
    const { problem, facts, kid } = await qr.checkFragment(read.code, read.fragment, keys, parts.ed25519);
    const link = { now, code: read.code, fragment: read.fragment };
    if (["base32", "version", "length", "content"].includes(problem)) return show("unreadable", ["damaged"], link);
    if (facts && facts.kind !== "certificate") return show("unreadable", ["kind"], link);
    const times = state.bundle && documents.timesOf(state.bundle);
    const seen = {
      signature: facts ? "passed" : problem === "signature" ? "failed" : "unknown",
      key: problem === "unknown_key" ? "unknown" : kid && documents.isRevoked(kid, state.trust, state.bundle) ? "revoked" : "known",
      bits: facts && state.bundle ? await documents.bitsOf(facts.index, state.bundle) : null,
      listAge: times ? now - times.asOf : null,
      listEnded: times ? now > times.validUntil : false,
      issued: facts ? facts.issued : 0,
      expires: facts ? facts.expires : null,
      offset: documents.offsetOf(kid, state.bundle, now),
      now,
      ahead: state.ahead,
    };
    const why = [seen.bits ? "listed" : "unlisted", problem === "unchecked" ? "unchecked" : state.trust ? "key" : "nodata"];
    return show(decide(seen), why, { ...link, facts, seen, times });
  };

  const outcomes = (verdict, { seen }) => {
    if (!seen) return {};
    const known = seen.signature === "passed" && verdict !== "revoked_key";
    const marked = seen.bits?.revoked || seen.bits?.suspended;
    const listFails = !seen.bits || seen.listAge > FRESH || seen.listEnded || verdict === "clock";
    const over = isOver(seen) ? "failed" : "passed";
    return {
      signature: verdict === "mismatch" ? "failed" : known ? "passed" : "unknown",
      status: !known ? "unknown" : marked ? "failed" : listFails ? "unknown" : "passed",
      expiry: !known || verdict === "clock" ? "unknown" : over,
    };
  };

  const show = (verdict, names, found) => {
    const result = find("result"), slot = find("slot");
    const { facts, times, now, code, fragment } = found;
    slot.replaceChildren(root.querySelector(`template[data-verdict="${verdict}"]`).content.cloneNode(true));
    const claims = facts && !["revoked_key", "mismatch", "unknown_key"].includes(verdict);
    for (const part of all("claims")) part.hidden = !claims;
    const looked = outcomes(verdict, found);
    for (const row of all("check")) row.hidden = !Object.entries(looked).some(([name, outcome]) => row.dataset.check === `${name} ${outcome}`);
    find("checks").hidden = !found.seen;
    find("online").hidden = !code;
    if (code) find("online").href = `${parts.home}V/${code}${fragment ? "#" + fragment : ""}`;
    fill(result, {
      name: "", program: "", center: "", number: "", code: "", issued: "", expires: "", other: "",
      ...(claims ? { name: facts.name, program: facts.program, center: facts.center, number: facts.number } : {}),
      ...(claims ? { issued: dayWords(facts.issued), expires: facts.expires === null ? "" : dayWords(facts.expires) } : {}),
      ...(code ? { code: code.match(/.{4}/g).join("-") } : {}),
      ...(found.other ? { other: found.other } : {}),
      host: new URL(base()).host,
      clock: momentWords(now),
      checked: momentWords(now),
      asof: times ? momentWords(times.asOf) : "",
      age: times ? ageWords(now - times.asOf) : "",
    });
    keepOnly(result, [...names, times ? "dated" : "undated", facts?.expires === null ? "endless" : "ends"]);
    result.hidden = false;
    // The list's end and the certificate's facts are read out with the verdict.
    find("heading", slot).focus();
    scrollTo(0, 0);
    return true;
  };

  // ---- begin: what is kept first, then the network ----
  const scanner = mount(document.getElementById("scan"), { found: check });
  find("paste").addEventListener("submit", (event) => {
    event.preventDefault();
    scanner.stop();
    check(root.querySelector("textarea").value);
  });
  find("again").addEventListener("click", () => {
    find("result").hidden = true;
    find("slot").replaceChildren();
    fill(find("result"), { name: "", number: "", code: "", program: "", center: "" });
    root.querySelector("textarea").value = "";
    find("camera").focus();
  });
  find("refresh").addEventListener("click", refresh);
  addEventListener("online", refresh);
  setInterval(refresh, 600000);

  state.pinned = (await recall("pinned")) || null;
  const [oldTrust, oldBundle] = [await recall("trust"), await recall("bundle")];
  if (oldTrust) await takeTrust(oldTrust);
  if (oldBundle && (await takeBundle(oldBundle)) === "damaged") warn("damaged");
  showData();
  for (const part of all("live")) part.hidden = false;

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(parts.worker, { scope: `${parts.home}offline`, updateViaCache: "none" })
      .then(() => navigator.serviceWorker.ready).then(() => {
        state.worker = true;
        showData();
      }).catch(() => warn("no_worker"));
  } else warn("no_worker");
  await refresh();
  root.dataset.loaded = "yes";
})();
