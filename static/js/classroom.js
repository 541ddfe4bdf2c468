// The page /instruktur/tanpa-sinyal: roll, card scanner and practical verdicts of a class that was prepared on this
// device. Everything is kept in js/queue.js before it is shown as noted.
(async () => {
  const root = document.querySelector("[data-classroom]");
  const queue = await import(root.dataset.script);
  const { MARK, look, note, sync, state, isStuck, isOver } = queue;
  const VERDICT = "assessment.verdict";
  const find = (name, inside = document) => inside.querySelector(`[data-${name}]`);
  const part = (name) => find(`part="${name}"`);
  const copy = (name) => find(name, root).content.firstElementChild.cloneNode(true);
  const fill = (inside, words) => inside.querySelectorAll("[data-fill]").forEach((slot) => {
    if (slot.dataset.fill in words) slot.textContent = words[slot.dataset.fill];
  });
  const label = (value) => find(`label="${value}"`, root)?.textContent || value;
  const word = (name, words = {}) => {
    const piece = find(`word="${name}"`, root).cloneNode(true);
    fill(piece, words);
    return piece.textContent;
  };

  let packs = [], ops = [], user = 0, pack = null, view = "marks", drawn = 0;
  const rows = new Map(), folds = new Map(), units = new Map();

  // ---- what is known of a cell ----
  const about = (endpoint, person, unit) => ops.filter((op) => op.endpoint === endpoint && op.user_id === pack.user && op.payload.enrollment === person.id &&
    (endpoint === MARK ? op.payload.session === pack.session : op.payload.unit === unit.id));
  const waits = (found) => found.filter((op) => !isStuck(op)).at(-1);
  const markOf = (person) => waits(about(MARK, person))?.payload.mark ?? person.mark;
  const verdictOf = (person, unit) => {
    const [value = "", version = 0, text = "", criteria = []] = person.verdicts[unit.id] || [];
    const op = waits(about(VERDICT, person, unit));
    return op ? { ...op.payload, version, waits: true } : { value, version, note: text, criteria, waits: false };
  };
  const pressed = (buttons, value, waiting, off) => buttons.forEach((button) => {
    const chosen = button.value === value;
    button.setAttribute("aria-pressed", String(chosen));
    button.toggleAttribute("data-wait", chosen && waiting);
    button.disabled = off;
  });
  const reason = (line, text) => {
    const said = find("own", line);
    said.textContent = text;
    said.hidden = !text;
  };

  // ---- the roll ----
  const buildRow = (person, at) => {
    const line = copy("row");
    line.id = `r${person.id}`;
    line.querySelector(".who").id = `w${person.id}`;
    line.querySelector(".cells").setAttribute("aria-labelledby", `w${person.id}`);
    line.querySelector("b").textContent = at + 1;
    line.querySelector("strong").textContent = person.name;
    line.querySelector("small").textContent = person.cooperative;
    line.addEventListener("click", ({ target }) => {
      const button = target.closest("button.cell");
      if (button) mark(person.id, button.value);
    });
    rows.set(person.id, line);
    return line;
  };
  const person = (id) => pack.people.find((one) => one.id === id);
  const wish = (someone, value, card) => [MARK, { session: pack.session, enrollment: someone.id, mark: value, version: someone.version, ...(card ? { card } : {}) }];
  const mark = (id, value, card) => note(pack.user, [wish(person(id), value, card)]);

  const drawRow = (someone) => {
    const line = rows.get(someone.id), found = about(MARK, someone), waiting = waits(found), stuck = found.some(isStuck);
    const shown = markOf(someone);
    pressed(line.querySelectorAll("button"), shown === "left_early" ? "present" : shown, Boolean(waiting), isOver(pack) || Boolean(someone.own) || stuck);
    reason(line, someone.own || (stuck ? word("stuck") : ""));
    const tag = line.querySelector(".tag");
    if (waiting && !tag) line.querySelector(".who").append(copy("tag"));
    if (!waiting) tag?.remove();
  };

  // ---- verdicts ----
  const buildFold = (someone) => {
    const fold = copy("person");
    fold.querySelector("strong").textContent = someone.name;
    fold.querySelector("small").textContent = someone.cooperative;
    reason(fold, someone.own_result);
    // Units are built when somebody looks: 24 people with 12 units are many boxes for a cheap phone.
    fold.addEventListener("toggle", () => {
      const list = fold.querySelector(".marks");
      if (!fold.open || list.childElementCount) return;
      list.append(...pack.units.map((unit) => buildUnit(someone.id, unit)));
      pack.units.forEach((unit) => drawUnit(person(someone.id), unit));
    });
    folds.set(someone.id, fold);
    return fold;
  };
  const buildUnit = (id, unit) => {
    const line = copy("unit"), key = `${id}-${unit.id}`;
    const [title, cells, box, text, alert] = ["strong", ".cells", "[data-note]", "textarea", ".field-error"].map((name) => line.querySelector(name));
    title.id = `u${key}`;
    title.textContent = `${unit.position}. ${unit.title}`;
    cells.setAttribute("aria-labelledby", title.id);
    text.id = `n${key}`;
    alert.id = `n${key}-e`;
    box.querySelector(".field > label").htmlFor = text.id;
    box.querySelector(".choices").append(...unit.elements.flatMap((element) => element.criteria).map((criterion) => {
      const choice = copy("choice");
      choice.querySelector("input").value = criterion.id;
      choice.querySelector("span").textContent = criterion.text;
      return choice;
    }));
    const save = (value) => {
      const someone = person(id), now = verdictOf(someone, unit), noted = text.value.trim();
      const wrong = value !== "competent" && !noted;
      alert.hidden = !wrong;
      text.parentElement.classList.toggle("is-wrong", wrong);
      text.toggleAttribute("aria-invalid", wrong);
      if (wrong) text.setAttribute("aria-describedby", alert.id);
      if (wrong) return text.focus();
      box.hidden = true;
      const criteria = value === "competent" ? [] : [...box.querySelectorAll(":checked")].map((input) => Number(input.value));
      const payload = { session: pack.session, enrollment: id, unit: unit.id, value, note: value === "competent" ? "" : noted, criteria, version: now.version };
      return note(pack.user, [[VERDICT, payload]]);
    };
    cells.addEventListener("click", ({ target }) => {
      const button = target.closest("button");
      if (!button) return;
      if (button.value === "competent") save(button.value);
      else {
        const now = verdictOf(person(id), unit);
        text.value = now.value === "competent" ? "" : now.note || "";
        box.querySelectorAll("input").forEach((input) => { input.checked = (now.criteria || []).includes(Number(input.value)); });
        box.hidden = false;
        text.focus();
      }
    });
    find("save", line).addEventListener("click", () => save("not_yet_competent"));
    units.set(key, line);
    return line;
  };
  const drawUnit = (someone, unit) => {
    const line = units.get(`${someone.id}-${unit.id}`);
    if (!line) return;
    const now = verdictOf(someone, unit), stuck = about(VERDICT, someone, unit).some(isStuck);
    pressed(line.querySelectorAll(".cells button"), now.value, now.waits, isOver(pack) || Boolean(someone.own_result) || stuck);
    line.querySelector(".rubric").textContent = now.value === "not_yet_competent" ? now.note : "";
    find("wait-here", line).replaceChildren(...(now.waits ? [copy("tag")] : []));
  };
  const drawFold = (someone) => {
    const values = pack.units.map((unit) => verdictOf(someone, unit).value);
    const counts = { k: "competent", bk: "not_yet_competent", blank: "" };
    folds.get(someone.id).querySelector(".tally").replaceChildren(...Object.entries(counts).flatMap(([name, value]) => {
      const count = values.filter((one) => one === value).length;
      if (!count) return [];
      const tag = copy(`tally="${name}"`);
      tag.querySelector("span").prepend(`${count} `);
      return [tag];
    }));
    pack.units.forEach((unit) => drawUnit(someone, unit));
  };

  // ---- the page ----
  const wanted = () => {
    const [, hash, tab] = /^#(\d+)(\/nilai)?$/.exec(location.hash) || [];
    view = tab ? "verdicts" : "marks";
    return Number(hash || (/\/presensi\/(\d+)/.exec(location.pathname) || [])[1] || 0);
  };
  const build = () => {
    rows.clear();
    folds.clear();
    units.clear();
    find("roll").replaceChildren(...(pack.can_mark ? pack.people.map(buildRow) : []));
    find("people").replaceChildren(...(pack.can_judge ? pack.people.map(buildFold) : []));
    find("title").textContent = word("class", { position: pack.position });
    find("about").textContent = [pack.title, pack.when, pack.time].join(" · ");
    document.querySelectorAll("[data-choose] a").forEach((link) => {
      link.href = link.dataset.view === "marks" ? `#${pack.session}` : `#${pack.session}/nilai`;
    });
    drawn = pack.session;
  };
  const drawClass = () => {
    if (drawn !== pack.session) build();
    if (!pack.can_mark) view = "verdicts";
    if (!pack.can_judge) view = "marks";
    document.querySelectorAll("[data-choose] a").forEach((link) => {
      if (link.dataset.view === view) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    find("choose").hidden = !(pack.can_mark && pack.can_judge);
    part("marks").hidden = view !== "marks";
    part("verdicts").hidden = view === "marks";
    fill(part("ready"), { people: pack.people.length, until: pack.until_words });
    if (pack.can_mark) pack.people.forEach(drawRow);
    if (pack.can_judge) pack.people.forEach(drawFold);
    const open = pack.people.filter((one) => !markOf(one)).length;
    fill(find("bar"), { count: `${pack.people.length - open}/${pack.people.length}`, open });
    find("sum").hidden = find("do=rest").hidden = view !== "marks";
    find("do=rest").disabled = isOver(pack) || !rest().length;
  };
  const rest = () => pack.people.filter((one) => !markOf(one) && !one.own && !about(MARK, one).some(isStuck));

  const drawList = (own, at) => {
    find("classes").replaceChildren(...own.map((one) => {
      const line = copy("class");
      line.querySelector("a").href = `#${one.session}`;
      line.querySelector("a").textContent = `${one.title}, ${word("session", { position: one.position })}`;
      line.querySelector("small").textContent = `${one.when}, ${one.time}`;
      return line;
    }));
    find("empty").hidden = own.length > 0;
    find("classes").hidden = !own.length;
    if (at) find("about").textContent = word("unprepared");
  };

  const drawStuck = (stuck) => {
    part("stuck").hidden = !stuck.length;
    find("stuck").replaceChildren(...stuck.map((op) => {
      const { payload, answer } = op, home = packs.find((one) => one.session === payload.session);
      const unit = home?.units.find((one) => one.id === payload.unit);
      const line = copy(answer.outcome === "conflict" ? "conflict" : "refused");
      fill(line, {
        who: home?.people.find((one) => one.id === payload.enrollment)?.name || word("unknown"),
        what: unit?.title || (home ? word("session", { position: home.position }) : ""),
        mine: [label(payload.mark || payload.value), payload.note].filter(Boolean).join(": "),
        theirs: [label(answer.current.mark ?? answer.current.value ?? ""), answer.current.note].filter(Boolean).join(": "),
        by: [answer.current.by, answer.current.at].filter(Boolean).join(", "),
        why: answer.message,
      });
      line.addEventListener("click", ({ target }) => {
        const button = target.closest("[data-decide]");
        if (button) queue.decide(op.op_id, button.dataset.decide);
      });
      return line;
    }));
  };

  const draw = async () => {
    ({ packs, ops, user } = await look());
    const at = wanted(), own = packs.filter((one) => one.user === user);
    const mine = ops.filter((op) => op.user_id === user), waiting = mine.filter((op) => !isStuck(op));
    pack = own.find((one) => one.session === at) || null;
    for (const name of ["ready", "class"]) part(name).hidden = !pack;
    part("list").hidden = Boolean(pack) || leaving;
    find("bar").hidden = !pack || leaving || (view !== "marks" && !waiting.length);
    if (pack) drawClass();
    else drawList(own, at);
    drawStuck(mine.filter(isStuck));
    const shown = {
      no_signal: state.word === "no_signal" || !navigator.onLine, signed_out: state.word === "signed_out", failed: state.word === "failed", forbidden: state.word === "forbidden",
      over: pack && isOver(pack), other: ops.length > mine.length, no_storage: false,
    };
    for (const [name, is] of Object.entries(shown)) find(`state="${name}"`).hidden = !is;
    fill(root, { other: ops.length - mine.length });
    const slot = find("waiting"), tag = copy("tag");
    tag.querySelector("span").append(` (${waiting.length})`);
    slot.replaceChildren(...(waiting.length ? [tag] : []));
    document.querySelectorAll("[data-do=save]").forEach((button) => { button.disabled = !mine.length; });
    root.dataset.queued = waiting.length;
  };

  // ---- cards ----
  const token = (text) => {
    const address = /\/K\/([^/?#]+)\/?$/i.exec(text.trim());
    const code = (address ? address[1] : text).toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
    return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(code) ? code : "";
  };
  const hash = async (text) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)))]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const say = (name, who = "") => {
    const piece = copy(`card="${name}"`);
    piece.querySelector("b").textContent = who;
    find("found").replaceChildren(piece);
    navigator.vibrate?.(name === "noted" ? 60 : [60, 60, 60]);
    return false;
  };
  const card = async (text) => {
    const code = token(text);
    if (!code) return say("shape");
    const digest = await hash(pack.salt + code), someone = pack.people.find((one) => one.card === digest);
    if (!someone) return say("stranger");
    if (someone.own) return say("own", someone.name);
    if (about(MARK, someone).some(isStuck) || isOver(pack) || ["present", "late", "left_early"].includes(markOf(someone))) return say("again", someone.name);
    await mark(someone.id, "present", code);
    return say("noted", someone.name);
  };

  // ---- files, and signing out ----
  let leaving = location.search === "?keluar";
  const save = async () => {
    const own = ops.filter((op) => op.user_id === user).map(({ op_id, user_id, endpoint, seq, client_time, payload }) => ({ op_id, user_id, endpoint, seq, client_time, payload }));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify({ v: 1, client_now: Date.now(), ops: own }, null, 1)], { type: "application/json" }));
    link.download = `catatan-kelas-${new Date().toISOString().slice(0, 16).replace(/\D/g, "")}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
  const leave = async (anyway) => {
    let who = null, problem = "";
    try {
      who = await queue.ask();
    } catch (met) {
      problem = typeof met === "string" ? met : "no_signal";
    }
    const owner = who ? who.user_id : user, left = ops.filter((op) => op.user_id === owner);
    fill(root, { left: left.length });
    part("leaving").hidden = !left.length;
    part("file").hidden = part("list").hidden = true;
    if (left.length && !anyway) return find("leaving-title").scrollIntoView();
    if (problem && problem !== "signed_out") {
      state.word = problem;
      return draw();
    }
    await queue.tidy(owner);
    if (!who) return location.assign(root.dataset.home);
    const form = document.createElement("form");
    form.method = "post";
    form.action = who.out;
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "csrf_token", value: who.csrf });
    form.append(field);
    document.body.append(form);
    return form.submit();
  };

  // ---- begin ----
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("[data-do]");
    if (!button) return;
    const what = button.dataset.do;
    if (what === "rest") note(pack.user, rest().map((one) => wish(one, "present")));
    else if (what === "save") save();
    else if (what === "leave") leave(true);
    else {
      await sync();
      await draw();
      if (leaving) await leave();
    }
  });
  addEventListener("hashchange", () => {
    draw();
    scrollTo(0, 0);
  });
  addEventListener("offline", draw);
  try {
    await queue.ready;
    queue.listen(draw);
    await draw();
  } catch {
    find('state="no_storage"').hidden = false;
    return;
  }
  const { mount } = await import(root.dataset.scanner);
  const scanner = mount(document.getElementById("scan"), { found: card });
  find("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    scanner.stop();
    const input = event.target.querySelector("input");
    card(input.value).then(() => input.select());
  });
  await queue.ask().then((who) => who.user_id !== user && queue.belong(who.user_id)).catch(() => {});
  await sync();
  if (leaving) await leave();
  else if (pack && !ops.some((op) => op.payload.session === pack.session)) {
    await Promise.all([queue.keepPage(), queue.prepare(`${root.dataset.shell}/${pack.session}/bekal.json`)]).catch(() => {});
  }
  root.dataset.loaded = "yes";
})();
