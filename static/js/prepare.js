// "Siapkan tanpa sinyal" on the pages of instructors, and the roll that was opened with signal and then lost it:
// its taps go to the queue, amber until the server has them.
(async () => {
  const root = document.querySelector("[data-classroom]");
  const { note, listen, look, prepare, keepPage, correct, isStuck, sync, ready, MARK } = await import(root.dataset.script);
  const user = Number(root.dataset.user), session = Number(root.dataset.session || 0);
  const find = (name, inside) => inside.querySelector(`[data-${name}]`);
  const tag = () => find("tag", root).content.firstElementChild.cloneNode(true);
  const row = (id) => document.getElementById(`r${id}`);
  let mine = [], prepared = null;

  const paint = (op) => {
    const line = row(op.payload.enrollment);
    if (!line) return;
    line.querySelectorAll("[aria-busy]").forEach((node) => node.removeAttribute("aria-busy"));
    line.querySelectorAll("button[name=mark]").forEach((button) => {
      const chosen = button.value === op.payload.mark;
      button.setAttribute("aria-pressed", String(chosen));
      button.toggleAttribute("data-wait", chosen);
    });
    if (!line.querySelector(".who .tag")) line.querySelector(".who").append(tag());
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
      find("ready", box).hidden = !pack;
      find("get", box).hidden = Boolean(pack);
      if (!pack) continue;
      find("people", box).textContent = pack.people.length;
      find("until", box).textContent = pack.until_words;
    }
    const waiting = own.filter((op) => !isStuck(op)).length, stuck = own.length - waiting;
    for (const slot of document.querySelectorAll("[data-waiting]")) {
      const word = tag();
      word.querySelector("span").append(` (${waiting})`);
      slot.replaceChildren(...(waiting ? [word] : []));
    }
    find("stuck", root).hidden = !stuck;
    find("count", root).textContent = stuck;
    mine.forEach(paint);
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
      const line = row(person.id), version = line?.querySelector("[name=version]");
      if (!version || line.querySelector("[data-wait]")) return;
      const mark = line.querySelector("[aria-pressed=true]")?.value || "";
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
      if (!(await keepPage())) problem = "no_worker";
      else await prepare(box.dataset.pack);
    } catch (error) {
      problem = error.message || "no_pack";
    }
    button.removeAttribute("aria-busy");
    find("say", box).textContent = root.querySelector(`[data-word="${problem}"]`)?.textContent || problem;
    if (!problem) find("open", box).focus();
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
