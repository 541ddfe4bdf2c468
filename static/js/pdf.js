// Finds which certificate a PDF says it is, on this device: the attachment `badge.json` names its own address,
// `https://HOST/sertifikat/CODE/badge.json`. No PDF library: streams are unpacked one by one until one holds it.
// A module without imports.

export const MOST_BYTES = 20000000;
const MOST_UNPACKED = 2000000;
const NAMED = /(https?:\/\/[^/"\\\s]+)\/sertifikat\/([0-9A-Z]{12})\/badge\.json/;

const unpack = async (bytes) => {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const source = stream.getReader(), chunks = [];
  let length = 0;
  // What follows the packed data (a line end) makes the stream fail at its end: what came before is kept.
  try {
    for (;;) {
      const { done, value } = await source.read();
      if (done) break;
      chunks.push(value);
      length += value.length;
      if (length > MOST_UNPACKED) {
        source.cancel().catch(() => {});
        break;
      }
    }
  } catch { /* the end, or no deflate stream at all */ }
  return new Blob(chunks).text();
};

const text = (bytes, from, to) => String.fromCharCode(...bytes.subarray(Math.max(0, from), Math.min(bytes.length, to)));

// Where "stream" and "endstream" stand; latin letters, so that positions are bytes.
function* streams(bytes) {
  const decoder = new TextDecoder("latin1");
  const whole = decoder.decode(bytes);
  for (const match of whole.matchAll(/stream\r?\n/g)) {
    if (whole.slice(match.index - 3, match.index) === "end") continue;
    const start = match.index + match[0].length, end = whole.indexOf("endstream", start);
    if (end > start) yield [text(bytes, match.index - 600, match.index).split("endobj").pop(), bytes.subarray(start, end)];
  }
}

// {code, base} of the certificate that the file names, or {problem}: "no_pdf", "too_large", "encrypted",
// "old_browser" (cannot unpack) or "no_badge" (nothing of ours inside, or damaged).
export const findCode = async (bytes) => {
  if (bytes.length > MOST_BYTES) return { problem: "too_large" };
  if (!text(bytes, 0, 1024).includes("%PDF-")) return { problem: "no_pdf" };
  if (typeof DecompressionStream !== "function") return { problem: "old_browser" };
  const found = [...streams(bytes)];
  // Attachments first: pictures and fonts are larger and never hold it.
  const likely = ([head]) => (/EmbeddedFile|json/.test(head) ? 0 : 1);
  for (const [head, body] of found.sort((one, two) => likely(one) - likely(two))) {
    if (/Subtype\s*\/Image|FontFile|Length1/.test(head)) continue;
    const content = head.includes("FlateDecode") ? await unpack(body) : await new Blob([body]).text();
    const named = NAMED.exec(content);
    if (named) return { base: named[1], code: named[2] };
  }
  return { problem: /\/Encrypt\b/.test(text(bytes, bytes.length - 4096, bytes.length)) ? "encrypted" : "no_badge" };
};
