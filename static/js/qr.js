// Reads a certificate's QR the way the portal does, and as strictly: any other spelling of its bytes is refused.
// Text `HTTPS://HOST/V/CODE#B32`; B32 is unpadded base32 of `01 | sha256(key)[:4] | CBOR map | 64-byte signature`.
// The signature covers "balai-qr-1" 00 CODE CBOR. A module without imports, so that its name may carry its hash.

// ---- codes: Crockford base32 with a check character over GF(32) ----
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const WEIGHTS = [1, 2, 4, 8, 16, 5, 10, 20, 13, 26, 17, 7];

const times = (left, right) => {
  let product = 0;
  for (; right; right >>= 1) {
    if (right & 1) product ^= left;
    left <<= 1;
    if (left & 32) left ^= 37;
  }
  return product;
};

// A code as typed: {code} in its 12-character form, or {problem}: "shape" (no code at all), "typo" (wrong check).
export const readCode = (text) => {
  const code = text.replace(/[\s\u00ad\u200b-\u200d\u2060\ufeff\u2010-\u2015\u2212-]+/g, "").toUpperCase()
    .replace(/O/g, "0").replace(/[IL]/g, "1");
  if (code.length !== 12 || [...code].some((letter) => !CROCKFORD.includes(letter))) return { problem: "shape" };
  const sum = [...code].reduce((total, letter, i) => total ^ times(WEIGHTS[i], CROCKFORD.indexOf(letter)), 0);
  return sum ? { problem: "typo" } : { code };
};

// A whole QR text, scanned or pasted: {code, fragment}, or {problem, host}: "foreign" for another portal's
// address, "code" for a bare code, "shape" and "typo". `base` is the portal's address. Only the fragment is
// taken letter by letter: browsers write hosts in lower case, and people paste line breaks.
export const readText = (text, base) => {
  const whole = text.trim().replace(/[\r\n]+/g, "");
  const parts = /^(https?:\/\/[^/?#]+)\/(?:en\/)?V\/([^/?#]+)\/?(?:#(.*))?$/i.exec(whole);
  if (!parts) {
    const address = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(whole);
    if (address && address[0].toLowerCase() !== base.toLowerCase()) return { problem: "foreign", host: address[1].toLowerCase() };
    const typed = readCode(whole);
    return address || typed.problem === "shape" ? { problem: "shape" } : typed.code ? { problem: "code", code: typed.code } : typed;
  }
  const [, host, written, fragment] = parts;
  if (host.toLowerCase() !== base.toLowerCase()) return { problem: "foreign", host: host.toLowerCase().replace(/^\w+:\/\//, "") };
  let read;
  try { read = readCode(decodeURIComponent(written)); } catch { return { problem: "shape" }; }
  if (!read.code) return read;
  return fragment ? { code: read.code, fragment } : { problem: "code", code: read.code };
};

// ---- base32: the one spelling only ----
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const unbase32 = (text) => {
  // Groups of 1, 3 or 6 characters end inside a byte.
  if ([1, 3, 6].includes(text.length % 8)) return null;
  const out = [];
  let bits = 0, value = 0;
  for (const letter of text) {
    const digit = LETTERS.indexOf(letter);
    if (digit < 0) return null;
    value = (value << 5) | digit;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push(value >> bits);
      value &= (1 << bits) - 1;
    }
  }
  return value ? null : Uint8Array.from(out);
};

// ---- CBOR, RFC 8949 section 4.2.1: a map of unsigned integers to unsigned integers or texts ----
const refuse = () => { throw new Error("cbor"); };

const readMap = (bytes) => {
  let at = 0;
  const head = () => {
    if (at >= bytes.length) refuse();
    const major = bytes[at] >> 5, short = bytes[at++] & 31;
    if (short < 24) return [major, BigInt(short)];
    const width = short > 27 ? refuse() : 1 << (short - 24);
    if (at + width > bytes.length) refuse();
    let value = 0n;
    for (let i = 0; i < width; i++) value = (value << 8n) | BigInt(bytes[at++]);
    return [major, value];
  };
  const [major, count] = head();
  if (major !== 5 || count > 8n) refuse();
  const map = new Map();
  for (let i = 0; i < count; i++) {
    const [keyMajor, key] = head();
    if (keyMajor !== 0 || key > 8n || map.has(Number(key))) refuse();
    const [kind, value] = head();
    if (kind === 0) map.set(Number(key), value);
    else if (kind === 3 && BigInt(at) + value <= BigInt(bytes.length)) {
      const end = at + Number(value);
      map.set(Number(key), new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(at, end)));
      at = end;
    } else refuse();
  }
  return map;
};

const head = (major, value) => {
  if (value < 24n) return [(major << 5) | Number(value)];
  const power = [0, 1, 2, 3].find((one) => value < 1n << BigInt(8 << one));
  const out = [(major << 5) | (24 + power)];
  for (let shift = (8 << power) - 8; shift >= 0; shift -= 8) out.push(Number((value >> BigInt(shift)) & 255n));
  return out;
};

const writeMap = (map) => {
  const out = head(5, BigInt(map.size));
  for (const key of [...map.keys()].sort((one, two) => one - two)) {
    const value = map.get(key);
    out.push(...head(0, BigInt(key)));
    if (typeof value === "bigint") out.push(...head(0, value));
    else {
      const text = new TextEncoder().encode(value);
      out.push(...head(3, BigInt(text.length)), ...text);
    }
  }
  return out;
};

// Key: [name, type, most UTF-8 bytes, required]
const MEMBERS = {
  1: ["name", "string", 60, true], 2: ["program", "string", 48, true], 3: ["center", "string", 24, true],
  4: ["issued", "bigint", 0, true], 5: ["expires", "bigint", 0, false], 6: ["index", "bigint", 0, true],
  7: ["number", "string", 0, true], 8: ["kind", "string", 0, false],
};
// 31 December 9999, in days since 1970-01-01
const LAST_DAY = 2932896n;

// The facts {name, program, center, issued, expires, index, number, kind}; days since 1970-01-01. Throws.
const readFacts = (bytes) => {
  const map = readMap(bytes);
  const again = writeMap(map);
  // One comparison answers for long integers, key order, trailing bytes and every spelling not thought of.
  if (again.length !== bytes.length || again.some((byte, i) => byte !== bytes[i])) refuse();
  const facts = { expires: null, kind: "certificate" };
  for (const [key, [name, type, most, required]] of Object.entries(MEMBERS)) {
    const value = map.get(Number(key));
    if (value === undefined) {
      if (required) refuse();
      continue;
    }
    if (typeof value !== type) refuse();
    if (type === "string" && (value.normalize("NFC") !== value || (most && new TextEncoder().encode(value).length > most))) refuse();
    if (name === "kind" && value === "certificate") refuse();
    if ((name === "issued" || name === "expires") && value > LAST_DAY) refuse();
    facts[name] = type === "bigint" ? Number(value) : value;
  }
  if (map.has(0)) refuse();
  return facts;
};

// ---- the whole fragment ----
const join = (...parts) => {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
};

// True or false; throws where this browser cannot tell. `fallback` is the address of vendor/ed25519.js, which
// is fetched only by browsers whose WebCrypto has no Ed25519.
export const verifySignature = async (key, message, signature, fallback) => {
  // Only secure pages have it; without it the fallback would fail too, and that is no wrong signature.
  if (!globalThis.crypto?.subtle) throw new Error("no WebCrypto");
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    const { verifyAsync } = await import(fallback);
    try { return await verifyAsync(signature, message, key, { zip215: false }); } catch { return false; }
  }
  return crypto.subtle.verify({ name: "Ed25519" }, known, signature, message);
};

// Checks a fragment against its code and the known keys {kid: 32 bytes}: {facts, kid} or {problem}.
// "base32", "version", "length", "content": no fragment that the portal makes. "unknown_key": by a key that is
// not among those known. "signature": it does not belong to this code. "unchecked": this browser cannot tell.
export const checkFragment = async (code, fragment, keys, fallback) => {
  const data = unbase32(fragment);
  if (!data) return { problem: "base32" };
  if (data[0] !== 1) return { problem: "version" };
  if (data.length <= 5 + 64) return { problem: "length" };
  try {
    const content = data.slice(5, -64), signature = data.slice(-64), candidates = [];
    for (const [kid, key] of Object.entries(keys)) {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", key));
      if ([0, 1, 2, 3].every((i) => hash[i] === data[i + 1])) candidates.push([kid, key]);
    }
    if (!candidates.length) return { problem: "unknown_key" };
    const message = join(new TextEncoder().encode("balai-qr-1\0" + code), content);
    for (const [kid, key] of candidates) {
      if (!(await verifySignature(key, message, signature, fallback))) continue;
      try { return { facts: readFacts(content), kid }; } catch { return { problem: "content" }; }
    }
    return { problem: "signature" };
  } catch {
    return { problem: "unchecked" };
  }
};
