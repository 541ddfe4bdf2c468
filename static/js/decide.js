// What the offline page says about a certificate: one pure function, so that it can be tested as a table.

const DAY = 86400000;
// A list older than this is never a plain green.
export const FRESH = 7 * DAY;
// Phones set by hand, or to the neighboring time zone, are off by an hour or two.
const SLACK = 3 * 3600000;

const day = (moment, offset) => Math.floor((moment + offset * 60000) / DAY);

// A clock that is a little slow must not make a certificate last longer than the list proves.
export const isOver = ({ listAge, expires, offset, now }) =>
  expires !== null && day(Math.max(now, now - (listAge ?? 0)), offset) > expires;

// One word of: match, match_stale, revoked, suspended, expired, mismatch, unknown_key, revoked_key, clock.
//   signature  "passed", "failed" or "unknown" (this browser cannot tell)
//   key        "known", "unknown" or "revoked"
//   bits       {revoked, suspended} of this certificate's place, or null without a trustworthy list
//   listAge    now - the list's own time, in ms; null without a list
//   listEnded  the list is past the time until which it speaks
//   issued, expires  days since 1970-01-01 in the center's zone; expires is the last valid day, or null
//   offset     the center's minutes east of UTC
//   now        this device's clock, ms since 1970; ahead: known to run ahead
export const decide = ({ signature, key, bits, listAge, listEnded, issued, expires, offset, now, ahead }) => {
  if (key === "unknown") return "unknown_key";
  if (signature === "failed") return "mismatch";
  if (signature !== "passed") return "unknown_key";
  // Whether its certificates were logged before the revocation can only be asked of the log.
  if (key === "revoked") return "revoked_key";
  if (bits?.revoked) return "revoked";
  if (bits?.suspended) return "suspended";
  if (ahead || (listAge !== null && listAge < -SLACK) || issued > day(now + SLACK, offset)) return "clock";
  if (isOver({ listAge, expires, offset, now })) return "expired";
  if (!bits || listAge === null || listEnded || listAge > FRESH) return "match_stale";
  return "match";
};
