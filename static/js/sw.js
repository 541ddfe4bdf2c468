// Keeps the offline page openable: its pages and files, nothing of anybody's. The server writes two lines above:
// SHELL, the addresses, and VERSION, which changes with any of the files.

const PREFIX = "balai-offline-";
const NAME = PREFIX + VERSION;
const PAGES = SHELL.filter((address) => address.endsWith("/offline"));
// A network that neither answers nor fails must not keep anybody waiting.
const PATIENCE = 3000;

addEventListener("install", (event) => event.waitUntil(caches.open(NAME).then((cache) =>
  cache.addAll(SHELL.map((address) => new Request(address, { cache: "no-cache", credentials: "omit" }))))));

addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await clients.claim();
})()));

const kept = (address) => caches.match(address, { cacheName: NAME, ignoreVary: true, ignoreSearch: true });

// The network first, so that new words arrive; kept only when it belongs to the same files.
const page = async (request, address) => {
  const fresh = fetch(request, { cache: "no-cache" }).then(async (answer) => {
    if (!answer.ok) throw new Error(String(answer.status));
    const copy = answer.clone();
    if ((await answer.clone().text()).includes(VERSION)) await (await caches.open(NAME)).put(address, copy);
    return answer;
  });
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); }).then(() => kept(address)).then((found) => found || fresh);
  return Promise.race([fresh, late]).catch(async () => (await kept(address)) || Response.error());
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && PAGES.includes(address.pathname)) event.respondWith(page(request, address.pathname));
  else if (SHELL.includes(address.pathname) && !PAGES.includes(address.pathname)) {
    event.respondWith(kept(address.pathname).then((found) => found || fetch(request)));
  }
});
