// Words of the page in the language of whoever reads it.

const told = await (await fetch("/words.json")).json();
export const language = told.language;

/** A text in this language, with values in its {}. */
export function t(text, values = {}) {
  return (told.words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

const MOST = 400, SLOT = /\{(\w+)\}/;
const patterns = (sentences) => sentences.filter((one) => SLOT.test(one)).map((one) => {
  const literals = one.split(/\{\w+\}/).map((literal) => literal.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return [one, new RegExp(`^${literals.join("(.*?)")}$`, "s"), [...one.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)];
});
const outer = patterns(told.sentences), inner = [...outer, ...patterns(told.parts)];
const balanced = (value) => value.split("(").length === value.split(")").length;

/** A text that was put together elsewhere, in this language as far as it is known; see sentences.py. */
export function said(text, among = outer) {
  if (!text || text in told.words || language === "en" || text.length > MOST) return told.words[text] ?? text;
  for (const [sentence, pattern, names] of among) {
    const found = told.words[sentence] && pattern.exec(text);
    if (!found || !found.slice(1).every(balanced)) continue;
    return t(sentence, Object.fromEntries(names.map((name, i) => [name, said(found[i + 1], inner)])));
  }
  return text;
}

/** The same text, which is translated where it is shown. */
export const m = (text) => text;

const ONLY = " (group)";

/** The name of a class: of a mineral, or of a group of which no mineral is sure. */
export function named(name) {
  return name.endsWith(ONLY) ? t("{name} (group)", { name: t(name.slice(0, -ONLY.length)) }) : t(name);
}

/** Let a select switch the language. */
export function offerLanguages(select) {
  for (const [tag, name] of Object.entries(told.languages)) {
    select.add(new Option(name, tag, false, tag === language));
  }
  select.addEventListener("change", () => {
    document.cookie = `language=${select.value}; path=/; max-age=31536000; samesite=strict`;
    location.reload();
  });
}
