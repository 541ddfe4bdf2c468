// "Siapkan tanpa sinyal" on the pages of instructors, and the roll that was opened with signal and then lost it:
// its taps go to the queue, amber until the server has them.
(async () => {
  const root = document.querySelector("[data-classroom]");
  const { note, listen, look, prepare, keepPage, correct, isStuck, sync, ready, MARK } = await import(root.dataset.script);
  const user = Number(root.dataset.user), session = Number(root.dataset.session || 0);
  const find = (name, inside) => inside.querySelector(`[data-${name}]`);
  const tag = () => find("tag", root).content.firstElementChild.cloneNode(true);
  const row = (id) => document.getElementById(`r${id}`);
  const line = document.querySelector("[data-line]");
  let mine = [], prepared = null;

  const paint = (op) => {
    const place = row(op.payload.enrollment);
    if (!place) return;
    place.querySelectorAll("[aria-busy]").forEach((node) => node.removeAttribute("aria-busy"));
    place.querySelectorAll("button[name=mark]").forEach((button) => {
      const chosen = button.value === op.payload.mark;
      button.setAttribute("aria-pressed", String(chosen));
      button.toggleAttribute("data-wait", chosen);
    });
    if (!place.querySelector(".who .tag")) place.querySelector(".who").append(tag());
  };

  // What the server holds now of these people, and the counter.
  const refresh = async (ids) => {
    const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
    const focused = document.activeElement?.id;
    for (const id of [...ids.map((one) => `m${one}`), "count", "left"]) {
      const fresh = page.getElementById(id);
      if (fresh) document.getElementById(id)?.replaceWith(fresh);
    }
    for (const id of ids) row(id)?.querySelector(".who .tag")?.remove();
    if (focused) document.getElementById(focused)?.focus();
  };

  const draw = async () => {
    const { packs, ops } = await look();
    const own = ops.filter((op) => op.user_id === user);
    const before = mine;
    mine = own.filter((op) => op.endpoint === MARK && op.payload.session === session && !isStuck(op));
    prepared = packs.find((one) => one.session === session && one.user === user);
    for (const box of document.querySelectorAll("[data-prepare]")) {
      const pack = packs.find((one) => one.session === Number(box.dataset.prepare) && one.user === user);
      find("ready", box).hidden = !pack || Boolean(line);
      find("get", box).hidden = Boolean(pack);
      if (!pack) continue;
      for (const words of line ? [line] : [box]) {
        find("people", words).textContent = pack.people.length;
        find("until", words).textContent = pack.until_words;
      }
    }
    if (line) line.hidden = !prepared;
    const waiting = own.filter((op) => !isStuck(op)).length, stuck = own.length - waiting;
    for (const slot of document.querySelectorAll("[data-waiting]")) {
      const word = tag();
      word.querySelector("span").append(` (${waiting})`);
      slot.replaceChildren(...(waiting ? [word] : []));
    }
    find("stuck", root).hidden = !stuck;
    find("count", root).textContent = stuck;
    mine.forEach(paint);
    if (mine.length && !location.search) {
      const all = document.querySelectorAll("#roll > li").length, open = all - document.querySelectorAll("#roll [aria-pressed=true]").length;
      const sum = document.querySelector("#count .big");
      sum.textContent = `${all - open}/${all}`;
      sum.nextSibling.textContent = sum.nextSibling.textContent.replace(/\d+/, open);
      document.getElementById("left")?.replaceChildren(String(open));
    }
    const gone = before.filter((op) => !mine.some((one) => one.payload.enrollment === op.payload.enrollment));
    if (gone.length) await refresh(gone.map((op) => op.payload.enrollment));
  };

  // ---- taps that find no signal ----
  const tapped = ({ elt, requestConfig }) => {
    const { enrollment, mark, version } = requestConfig?.parameters || {};
    return prepared && mark && elt.closest("#roll") ? { session, enrollment: Number(enrollment), mark, version: Number(version) } : null;
  };
  document.addEventListener("htmx:sendError", ({ detail }) => {
    const wish = tapped(detail);
    if (wish) note(user, [[MARK, wish]]).then(() => { document.getElementById("net").hidden = true; });
  });
  // A tap on a cell that waits already goes behind the first.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const wish = tapped(event.detail);
    if (!wish || !mine.some((op) => op.payload.enrollment === wish.enrollment)) return;
    event.preventDefault();
    note(user, [[MARK, wish]]);
  });
  // What was marked with signal is known to the pack, too.
  document.addEventListener("htmx:afterSettle", async () => {
    if (!prepared) return;
    await correct(session, (person) => {
      const place = row(person.id), version = place?.querySelector("[name=version]");
      if (!version || place.querySelector("[data-wait]")) return;
      const mark = place.querySelector("[aria-pressed=true]")?.value || "";
      Object.assign(person, { version: Number(version.value), mark: mark === "present" && person.mark === "left_early" ? person.mark : mark });
    });
    await draw();
  });

  // ---- taking a class along ----
  const take = async (box) => {
    const button = find("get", box);
    button.setAttribute("aria-busy", "true");
    let problem = "";
    try {
      await navigator.storage?.persist?.();
      if (!(await keepPage())) problem = "no_worker";
      else await prepare(box.dataset.pack);
    } catch (error) {
      problem = error.message || "no_pack";
    }
    button.removeAttribute("aria-busy");
    find("say", box).textContent = root.querySelector(`[data-word="${problem}"]`)?.textContent || problem;
    if (!problem) (line || box).querySelector("a").focus();
  };
  for (const box of document.querySelectorAll("[data-prepare]")) {
    box.hidden = false;
    find("get", box).addEventListener("click", () => take(box));
  }

  listen(draw);
  try {
    await ready;
    await draw();
  } catch {
    // A browser that keeps nothing: the page works with signal, as before.
    for (const box of document.querySelectorAll("[data-prepare]")) box.hidden = true;
    return;
  }
  // With signal a class that was prepared is brought up to date.
  if (prepared && !mine.length) {
    await sync();
    await Promise.all([keepPage(), prepare(document.querySelector("[data-prepare]").dataset.pack)]).catch(() => {});
  }
  root.dataset.loaded = "yes";
})();
