// Words of the page in the language of whoever reads it.

const told = await (await fetch("/words.json")).json();
export const language = told.language;

/** A text in this language, with values in its {}. */
export function t(text, values = {}) {
  return (told.words[text] ?? text).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
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
