// What is noted in a classroom without signal: kept in IndexedDB first, sent when there is signal, and forgotten
// only when the server has answered. Loaded by the pages of instructors, and by js/classroom.js.

const root = document.querySelector("[data-classroom]");
const { user, queue: address, shell, worker } = root.dataset;
const STORES = ["packs", "queue", "answers", "meta"];
const FLAG = "balai-kelas";
export const MARK = "attendance.mark";
const BATCH = 50, WAIT = 30000, LONGEST = 480000;
// "Online" is said as soon as a device has a network, often before anything comes through.
const FIRST = 1000;
// A cell says "waiting" until the server has answered; conflicts and refusals wait for a person instead.
const STUCK = ["conflict", "refused"];

// ---- the store: packs, the queue, what the server answered ----
const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("balai-kelas", 1);
  request.onupgradeneeded = () => {
    const base = request.result;
    base.createObjectStore("packs", { keyPath: "session" });
    base.createObjectStore("queue", { keyPath: "op_id" });
    base.createObjectStore("answers", { keyPath: "op_id" });
    base.createObjectStore("meta");
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
opened.catch(() => {});
const got = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});
// `body(at)` runs in one transaction; at("queue") is a store. Done means: on the disk.
const within = async (mode, body) => {
  const transaction = (await opened).transaction(STORES, mode, { durability: "strict" });
  const end = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  end.catch(() => {});
  const result = await body((name) => transaction.objectStore(name));
  await end;
  return result;
};

const channel = "BroadcastChannel" in self ? new BroadcastChannel("balai-kelas") : null;
const listeners = [];
export const listen = (listener) => listeners.push(listener);
const tell = () => Promise.all(listeners.map((listener) => listener()));
const changed = async () => {
  const { packs, ops } = await look();
  // js/app.js reads it: signing out leads past the page that shows what still waits.
  try {
    if (packs.length || ops.length) localStorage.setItem(FLAG, shell);
    else localStorage.removeItem(FLAG);
  } catch { /* a browser without it signs out at once */ }
  channel?.postMessage(0);
  await tell();
};
if (channel) channel.onmessage = tell;

const cell = ({ endpoint, payload }) => [endpoint, payload.enrollment, endpoint === MARK ? payload.session : payload.unit].join();

// {packs, ops, user}: each operation with its `answer`, the first noted first.
export const look = () => within("readonly", async (at) => {
  const [packs, queue, answers, who] = await Promise.all([
    got(at("packs").getAll()), got(at("queue").getAll()), got(at("answers").getAll()), got(at("meta").get("user")),
  ]);
  const ops = queue.map((op) => ({ ...op, answer: answers.find((one) => one.op_id === op.op_id) })).sort((one, two) => one.seq - two.seq);
  return { packs, ops, user: who };
});
export const isStuck = (op) => STUCK.includes(op.answer?.outcome);

// A tap made while the answer to one before it was on its way saw the older version; it follows that one.
const following = async (at, owner, endpoint, payload) => {
  const own = await got(at("meta").get(`own ${owner} ${cell({ endpoint, payload })}`));
  return own && own.from <= payload.version && payload.version < own.to ? { ...payload, version: own.to } : payload;
};

const newId = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const add = async (at, owner, endpoint, payload) => {
  const seq = ((await got(at("meta").get("seq"))) || 0) + 1;
  at("meta").put(seq, "seq");
  at("queue").put({ op_id: newId(), user_id: owner, endpoint, seq, client_time: Date.now(), payload });
};

// Keeps [[endpoint, payload]...] of `owner`; of taps on one cell that were not sent yet only the last is kept.
export const note = async (owner, wishes) => {
  await within("readwrite", async (at) => {
    const [ops, answers] = [await got(at("queue").getAll()), await got(at("answers").getAllKeys())];
    for (const [endpoint, payload] of wishes) {
      for (const old of ops) {
        if (!answers.includes(old.op_id) && old.user_id === owner && cell(old) === cell({ endpoint, payload })) at("queue").delete(old.op_id);
      }
      await add(at, owner, endpoint, await following(at, owner, endpoint, payload));
    }
  });
  await changed();
  sync();
};

// The pack learns what stands on the server.
const learn = async (at, { endpoint, payload }, current) => {
  const pack = await got(at("packs").get(payload.session));
  const person = pack?.people.find((one) => one.id === payload.enrollment);
  if (!person || !("version" in current)) return;
  if (endpoint === MARK) Object.assign(person, { mark: current.mark, missed: current.missed, version: current.version });
  else person.verdicts[payload.unit] = [current.value, current.version, current.note ?? payload.note, current.criteria ?? payload.criteria];
  at("packs").put(pack);
};

const remove = (at, op) => {
  at("queue").delete(op.op_id);
  at("answers").delete(op.op_id);
};

// A person decides about a conflict or a refusal: "mine" is sent again over what stands, "theirs" stays.
export const decide = async (id, choice) => {
  await within("readwrite", async (at) => {
    const [op, answer] = [await got(at("queue").get(id)), await got(at("answers").get(id))];
    if (!op) return;
    remove(at, op);
    if (answer?.outcome !== "conflict") return;
    await learn(at, op, answer.current);
    if (choice === "mine") await add(at, op.user_id, op.endpoint, { ...op.payload, version: answer.current.version });
  });
  await changed();
  sync();
};

const settle = (answers) => within("readwrite", async (at) => {
  const ops = await got(at("queue").getAll());
  for (const answer of answers) {
    const op = ops.find((one) => one.op_id === answer.op_id);
    if (!op) continue;
    if (STUCK.includes(answer.outcome)) {
      at("answers").put(answer);
      continue;
    }
    ops.splice(ops.indexOf(op), 1);
    remove(at, op);
    await learn(at, op, answer.current);
    // Later taps on this cell follow this one.
    if ("version" in answer.current) at("meta").put({ from: op.payload.version, to: answer.current.version }, `own ${op.user_id} ${cell(op)}`);
    for (const later of ops) {
      if (cell(later) === cell(op) && later.payload.version === op.payload.version) {
        later.payload.version = answer.current.version;
        at("queue").put(later);
      }
    }
  }
});

// ---- sending ----
export const state = { word: "" };
let running = null, again = false, timer = 0, delay = WAIT, soon = WAIT;

// An answer's JSON, or a word for what is in the way.
const read = (answer) => {
  if (answer.ok) return answer.json();
  if (answer.type === "opaqueredirect" || answer.status === 401) throw "signed_out";
  throw answer.status === 403 ? "forbidden" : "failed";
};
// Who is signed in, with a token.
export const ask = async () => read(await fetch(address, { redirect: "manual", cache: "no-store" }));

const send = async () => {
  for (;;) {
    const { ops } = await look();
    const waiting = ops.filter((op) => !isStuck(op));
    if (!waiting.length) return "";
    const who = await ask();
    const ids = waiting.filter((op) => op.user_id === who.user_id).slice(0, BATCH).map((op) => op.op_id);
    if (!ids.length) return "other";
    // Read again and marked as sent in one go: from here on a later tap no longer replaces them.
    const batch = await within("readwrite", async (at) => {
      const all = (await got(at("queue").getAll())).filter((op) => ids.includes(op.op_id)).sort((one, two) => one.seq - two.seq);
      for (const op of all) at("answers").put({ op_id: op.op_id, outcome: "sent" });
      return all;
    });
    const answer = await fetch(address, {
      method: "POST", redirect: "manual", headers: { "Content-Type": "application/json", "X-CSRFToken": who.csrf },
      body: JSON.stringify({ client_now: Date.now(), ops: batch }),
    });
    await settle(await read(answer));
    await changed();
  }
};

const go = async () => {
  clearTimeout(timer);
  state.word = await send().catch((problem) => (typeof problem === "string" ? problem : "no_signal"));
  delay = state.word === "failed" ? Math.min(delay * 2, LONGEST) : WAIT;
  if (state.word) timer = setTimeout(sync, state.word === "no_signal" ? soon : delay);
  soon = Math.min(soon * 2, WAIT);
  await tell();
};
// One tab at a time; the server counts each operation once in any case.
export const sync = () => {
  if (running) {
    again = true;
    return running;
  }
  running = (navigator.locks ? navigator.locks.request("balai-antrean", go) : go()).finally(() => {
    running = null;
    if (again) {
      again = false;
      sync();
    }
  });
  return running;
};
addEventListener("online", () => {
  soon = FIRST;
  sync();
});

// ---- the pack ----
export const prepare = async (from) => {
  const answer = await fetch(from, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) throw new Error((await answer.json().catch(() => null))?.error?.message || "");
  const fresh = await answer.json();
  // Also a clock that is years off knows by this until when the pack is good.
  fresh.skew = Date.now() - fresh.made;
  await within("readwrite", (at) => {
    at("packs").put(fresh);
    at("meta").put(fresh.user, "user");
  });
  await changed();
  return fresh;
};

// `change(person)` for everybody in the pack of a session.
export const correct = (session, change) => within("readwrite", async (at) => {
  const pack = await got(at("packs").get(session));
  pack?.people.forEach(change);
  if (pack) at("packs").put(pack);
});

// The page itself is kept by the worker; true once it is.
export const keepPage = async () => {
  if (!("serviceWorker" in navigator)) return false;
  const scope = shell.replace(/\/tanpa-sinyal$/, "");
  const found = await navigator.serviceWorker.register(worker, { scope, updateViaCache: "none" });
  const coming = found.installing || found.waiting;
  if (found.active || !coming) return Boolean(found.active);
  return new Promise((resolve) => {
    coming.addEventListener("statechange", () => coming.state === "activated" ? resolve(true) : coming.state === "redundant" && resolve(false));
  });
};

export const isOver = (pack) => Date.now() - pack.skew > pack.until;

// Packs that are over go once nothing of theirs waits; `owner`: everything of that account goes.
export const tidy = async (owner) => {
  await within("readwrite", async (at) => {
    const [packs, ops] = [await got(at("packs").getAll()), await got(at("queue").getAll())];
    if (owner) ops.filter((op) => op.user_id === owner).forEach((op) => remove(at, op));
    for (const pack of packs) {
      const over = isOver(pack) && !ops.some((op) => op.payload.session === pack.session);
      if (over || pack.user === owner) at("packs").delete(pack.session);
    }
    if (user) at("meta").put(Number(user), "user");
  });
  await changed();
};

// Whose classes this device shows.
export const belong = async (id) => {
  await within("readwrite", (at) => at("meta").put(id, "user"));
  await tell();
};

export const ready = tidy();
ready.then(() => user && sync(), () => {});
