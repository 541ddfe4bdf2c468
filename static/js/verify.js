// Checks the QR's fragment on this device: `01 | sha256(key)[:4] | CBOR map | signature`, base32 without padding.
// The signature covers "balai-qr-1" 00 CODE CBOR. Without a fragment, or without this script, nothing changes.
(() => {
  const box = document.getElementById('qr-check');
  const fragment = decodeURIComponent(location.hash.slice(1));
  if (!box || !fragment) return;
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

  const unbase32 = (text) => {
    const out = [];
    let bits = 0, value = 0;
    for (const letter of text) {
      const digit = letters.indexOf(letter);
      if (digit < 0) return null;
      value = (value << 5) | digit;
      bits += 5;
      if (bits >= 8) { bits -= 8; out.push((value >> bits) & 255); value &= (1 << bits) - 1; }
    }
    return bits >= 5 || value ? null : Uint8Array.from(out);
  };

  // A map of small unsigned integers to texts and unsigned integers, as RFC 8949 writes it deterministically.
  const readMap = (bytes) => {
    let at = 0;
    const head = () => {
      const first = bytes[at++], kind = first >> 5;
      let value = first & 31;
      if (value > 23) {
        const size = { 24: 1, 25: 2, 26: 4 }[value];
        if (!size || at + size > bytes.length) throw new Error('cbor');
        value = 0;
        for (let i = 0; i < size; i++) value = value * 256 + bytes[at++];
        if (value < { 1: 24, 2: 256, 4: 65536 }[size]) throw new Error('cbor');
      }
      return [kind, value];
    };
    const [kind, count] = head();
    if (kind !== 5) throw new Error('cbor');
    const map = {};
    let last = -1;
    for (let i = 0; i < count; i++) {
      const [keyKind, key] = head();
      if (keyKind !== 0 || key <= last) throw new Error('cbor');
      last = key;
      const [valueKind, value] = head();
      if (valueKind === 0) map[key] = value;
      else if (valueKind === 3 && at + value <= bytes.length) {
        map[key] = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(at, at + value));
        at += value;
      } else throw new Error('cbor');
    }
    if (at !== bytes.length) throw new Error('cbor');
    return map;
  };

  const show = (outcome, name) => {
    box.hidden = false;
    if (outcome === 'mismatch') {
      // A failed signature suppresses every other claim.
      document.getElementById('qr-mismatch').hidden = false;
      for (const part of document.querySelectorAll('[data-claim], [data-masked]')) part.hidden = true;
    }
    for (const part of box.querySelectorAll('[data-when]')) part.hidden = part.dataset.when !== outcome;
    const holder = document.getElementById('holder');
    if (name && holder) {
      holder.textContent = name;
      for (const part of document.querySelectorAll('[data-masked]')) part.hidden = true;
    }
  };

  const check = async () => {
    const bytes = unbase32(fragment);
    if (!bytes || bytes[0] !== 1 || bytes.length <= 69) return show('mismatch');
    const raw = Uint8Array.from(atob(box.dataset.key), (letter) => letter.charCodeAt(0));
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', raw));
    if (digest.slice(0, 4).some((byte, i) => byte !== bytes[i + 1])) return show('mismatch');
    const content = bytes.slice(5, -64);
    const start = new TextEncoder().encode('balai-qr-1\0' + box.dataset.code);
    const message = new Uint8Array(start.length + content.length);
    message.set(start);
    message.set(content, start.length);
    const key = await crypto.subtle.importKey('raw', raw, { name: 'Ed25519' }, false, ['verify']);
    if (!(await crypto.subtle.verify({ name: 'Ed25519' }, key, bytes.slice(-64), message))) return show('mismatch');
    let map;
    try { map = readMap(content); } catch { return show('mismatch'); }
    return show(map[7] === box.dataset.number ? 'match' : 'mismatch', map[7] === box.dataset.number ? map[1] : '');
  };

  // A browser without Ed25519 or a page that is not secure could not check: neither a pass nor a failure.
  check().catch(() => show('unknown'));
})();
