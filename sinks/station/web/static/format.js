// Numbers as people read them.

import { language, t } from "./words.js";

const NOTHING = "–";
const plain = new Map();

function number(digits) {
  if (!plain.has(digits)) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    plain.set(digits, new Intl.NumberFormat(language, options));
  }
  return plain.get(digits);
}

export const known = (value) => value !== null && value !== undefined;
export const fixed = (value, digits = 0) => (known(value) ? number(digits).format(value) : NOTHING);
export const percent = (share, digits = 1) => (known(share) ? `${number(digits).format(100 * share)}\u00a0%` : NOTHING);

/** A time that has passed, in its two largest units. */
export function span(seconds) {
  if (!known(seconds)) return NOTHING;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("{s} s", { s: Math.floor(seconds) });
  if (minutes < 60) return t("{min} min", { min: minutes });
  const [h, min] = [Math.floor(minutes / 60), minutes % 60];
  return min ? t("{h} h {min} min", { h, min }) : t("{h} h", { h });
}

/** The time of day of a moment as ISO 8601 has it. */
export const clock = (iso) => (iso ? iso.slice(11, 19) : "");
