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
export const percent = (share, digits = 1) => (known(share) ? `${number(digits).format(100 * share)} %` : NOTHING);

/** A time that has passed, in its two largest units. */
export function span(seconds) {
  if (!known(seconds)) return NOTHING;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return t("{s} s", { s: Math.floor(seconds) });
  if (minutes < 60) return t("{min} min", { min: minutes });
  return t("{h} h {min} min", { h: Math.floor(minutes / 60), min: minutes % 60 });
}

/** Letters as a title needs them; a name such as "white mica" stays as it is. */
export const clock = (iso) => (iso ? iso.slice(11, 19) : "");
