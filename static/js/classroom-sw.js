// Keeps the classroom openable without signal: one page without anybody's names, and its files. The server writes
// above: PAGE, the page's address; FILES; VERSION, which changes with any of them.

const PREFIX = `balai-kelas ${PAGE} `;
const NAME = PREFIX + VERSION;
const HOME = PAGE.replace(/\/tanpa-sinyal$/, "");
// A network that neither answers nor fails must not keep a class waiting.
const PATIENCE = 10000;

addEventListener("install", (event) => event.waitUntil(caches.open(NAME).then((cache) =>
  cache.addAll([PAGE, ...FILES].map((address) => new Request(address, { cache: "no-cache", credentials: "omit" }))))
  .then(() => skipWaiting())));

addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  await clients.claim();
})()));

const kept = (address) => caches.match(address, { cacheName: NAME, ignoreVary: true, ignoreSearch: true });

// The network first: with signal the usual pages are better. Without, the kept page stands in for each of them.
const page = async (request) => {
  const fresh = fetch(request);
  const late = new Promise((resolve) => { setTimeout(resolve, PATIENCE); }).then(() => kept(PAGE)).then((found) => found || fresh);
  return Promise.race([fresh, late]).catch(async () => (await kept(PAGE)) || Response.error());
};

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && (pathname === HOME || pathname.startsWith(`${HOME}/`))) event.respondWith(page(request));
  else if (FILES.includes(pathname)) event.respondWith(kept(pathname).then((found) => found || fetch(request)));
});
