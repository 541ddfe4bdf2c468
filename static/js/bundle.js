// Reads trust.json and the offline document: signatures over canonical JSON, keys, and the bits of status lists.
// A module without imports; `verify(key, message, signature)` is given by the page.

const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const LIST_SIZE = 131072;

// RFC 8785: JavaScript writes texts and whole numbers, and sorts names, as the RFC asks.
export const canonical = (value) => {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (value && typeof value === "object") {
    return "{" + Object.keys(value).sort().map((name) => JSON.stringify(name) + ":" + canonical(value[name])).join(",") + "}";
  }
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error("number");
  return JSON.stringify(value);
};

// Its one spelling: atob would let the last letter's spare bits differ.
const fromBase64url = (text) => {
  const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  if (btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "") !== text) throw new Error("base64url");
  return Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
};

// The raw 32 bytes of an Ed25519 `publicKeyMultibase`. Throws for anything else.
export const rawKey = (text) => {
  let number = 0n;
  for (const letter of text.slice(1)) {
    const digit = BASE58.indexOf(letter);
    if (digit < 0) throw new Error("base58");
    number = number * 58n + BigInt(digit);
  }
  const hex = number.toString(16).padStart(68, "0");
  if (text[0] !== "z" || hex.length !== 68 || !hex.startsWith("ed01")) throw new Error("key");
  return Uint8Array.from(hex.slice(4).match(/../g), (pair) => parseInt(pair, 16));
};

const isSigned = async (document, domain, key, verify) => {
  const { signature, ...unsigned } = document;
  return verify(key, new TextEncoder().encode(domain + "\0" + canonical(unsigned)), fromBase64url(signature));
};

const moment = (text) => {
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(text)) throw new Error("time");
  return Date.parse(text);
};

// Whether trust.json is signed by the root it names and, once there is a pinned one, by that.
// "ok", "other_root" or "damaged".
export const judgeTrust = async (document, pinned, verify) => {
  try {
    const root = document.root.publicKeyMultibase;
    if (document.v !== 1 || !moment(document.signed) || !(await isSigned(document, "balai-trust-1", rawKey(root), verify))) return "damaged";
    return !pinned || root === pinned ? "ok" : "other_root";
  } catch {
    return "damaged";
  }
};

// Whether the offline document is of this trust's portal and signed by one of its status keys.
export const judgeBundle = async (document, trust, verify) => {
  try {
    const key = trust.keys.find((one) => one.kid === document.kid && one.purpose === "status");
    const asOf = moment(document.asOf);
    return document.v === 1 && document.issuer === trust.issuer && document.host === new URL(trust.url).host &&
      key.algorithm === "Ed25519" && key.revokedAt === null && (!key.notAfter || asOf <= moment(key.notAfter)) &&
      moment(document.validUntil) > asOf && document.keys.every((one) => rawKey(one.publicKeyMultibase)) &&
      (await isSigned(document, "balai-offline-1", rawKey(key.publicKeyMultibase), verify));
  } catch {
    return false;
  }
};

// {kid: raw key} of certificates. The root vouches for keys; the offline document alone cannot add one.
export const certificateKeys = (trust) =>
  Object.fromEntries((trust?.keys || []).filter((one) => one.purpose === "certificate")
    .map((one) => [one.kid, rawKey(one.publicKeyMultibase)]));

// Whether either document says that the key no longer vouches for everything it signed.
export const isRevoked = (kid, trust, bundle) =>
  [trust, bundle].some((document) => document?.keys.some((one) => one.kid === kid && one.revokedAt !== null));

// Minutes east of UTC of the center behind a key, at a moment; Jakarta's where nothing is known.
export const offsetOf = (kid, bundle, now) => {
  try {
    const { zone } = bundle.keys.find((one) => one.kid === kid);
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric",
    }).formatToParts(now);
    const of = (type) => Number(parts.find((part) => part.type === type).value);
    const local = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"));
    return Math.round((local - now) / 60000);
  } catch {
    return 420;
  }
};

const unzip = async (text) => {
  const stream = new Blob([fromBase64url(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (bytes.length !== LIST_SIZE / 8) throw new Error("list");
  return bytes;
};

// {revoked, suspended} of a place; null where no list tells, or this browser cannot unpack it.
export const bitsOf = async (index, bundle) => {
  try {
    const pair = bundle.lists.find((one) => one.first <= index && index < one.first + LIST_SIZE);
    const place = index - pair.first;
    const at = async (list) => ((await unzip(list))[place >> 3] & (128 >> place % 8)) !== 0;
    return { revoked: await at(pair.revocation), suspended: await at(pair.suspension) };
  } catch {
    return null;
  }
};

// {asOf, validUntil} in ms.
export const timesOf = (bundle) => ({ asOf: moment(bundle.asOf), validUntil: moment(bundle.validUntil) });
