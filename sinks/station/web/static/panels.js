// Panels of numbers: how the line stands, and what the rock is.

import { fixed, known, percent, span } from "./format.js";
import { m, named, t } from "./words.js";

const PHASES = {
  starting: m("Starting"), calibrating: m("Calibrating"), held: m("Held"), running: m("Sorting"),
  no_lines: m("No lines"), ended: m("Ended"), away: m("No connection"),
};
const MOST_SHARES = 11;
const at = (id) => document.getElementById(id);

/** Write only what has changed: a page that stands still costs nothing. */
export function put(id, words, state = "") {
  const element = at(id);
  if (element.textContent !== words) element.textContent = words;
  if (element.dataset.state !== state) element.dataset.state = state;
}

export function phase(name, sorts = true) {
  put("phase", name === "running" && !sorts ? t("Labelling") : t(PHASES[name]));
  at("phase").dataset.phase = name;
}

/** A bar with its limit: from where on it is too much, as a share of its length. */
function meter(id, share, limit) {
  const element = at(id);
  element.hidden = !known(share);
  if (element.hidden) return;
  element.style.setProperty("--value", String(Math.min(1, Math.max(0, share))));
  element.style.setProperty("--limit", String(limit));
  element.dataset.state = share > limit ? "bad" : "";
}

export function status(now) {
  phase(now.phase, now.sorts);
  put("site", now.site);
  put("recipe-name", recipeName(now.recipe));
  put("model", now.model.slice(0, 8) || "–");
  put("camera", [now.camera, now.serial].filter(Boolean).join(" ") || "–");
  put("run", now.run.slice(0, 8) || "–");
  put("belt-speed", fixed(now.belt_m_per_s, 2));
  put("rate", fixed(now.lines_per_s));
  put("lines", fixed(now.lines));
  put("lost", fixed(now.lost), now.lost ? "warn" : "");
  put("shed", fixed(now.shed), now.shed ? "warn" : "");
  latency(now);
  sensors(now);
}

export const recipeName = ({ name, version }) => (name ? `${name}${version ? ` v${version}` : ""}` : "–");

function latency({ latency_p99_ms: late, budget_ms: budget }) {
  put("latency", fixed(late, 1), known(budget) && late > budget ? "bad" : "");
  put("latency-unit", known(budget) ? t("of {budget} ms", { budget: fixed(budget) }) : "ms");
  meter("latency-meter", known(late) && known(budget) ? late / budget / 1.25 : null, 0.8);
}

function sensors(now) {
  put("temperature", known(now.camera_temperature_c) ? `${fixed(now.camera_temperature_c, 1)} °C` : t("not told"));
  put("lamp", now.lamp_ok ? t("as in the reference") : t("dimmer than in the reference"), now.lamp_ok ? "" : "bad");
  const age = now.reference_age_s, limit = now.reference_limit_s;
  const words = !now.reference_id ? t("none") : !known(age) ? now.reference_id.slice(0, 8)
    : known(limit) ? t("{age} of {limit}", { age: span(age), limit: span(limit) }) : span(age);
  put("reference", words, now.reference_stale ? "warn" : "");
  meter("reference-meter", known(age) && known(limit) ? age / limit / 1.25 : null, 0.8);
  plc(now);
}

function plc({ plc: bank, sorts }) {
  const state = !sorts ? t("none") : bank.connected === null ? t("not told") : !bank.connected ? t("not connected")
    : bank.testing ? t("valve test") : bank.inhibit ? t("connected, inhibits") : t("connected");
  put("plc", state, sorts && bank.connected === false ? "bad" : bank.inhibit ? "warn" : "");
  const faulty = Math.max(bank.faulty.length, bank.faults);
  const words = [t("{n} valves", { n: bank.valves })];
  if (faulty) words.push(t("{n} faulty", { n: faulty }));
  if (bank.worn.length) words.push(t("{n} worn", { n: bank.worn.length }));
  put("valve-words", sorts ? words.join(", ") : t("none"), faulty ? "bad" : bank.worn.length ? "warn" : "");
}

/** Rows of a legend with bars: what each class is of the rock. `shares`: by name, the largest first. */
export function shares(list, found, paint) {
  const shown = Object.entries(found).slice(0, MOST_SHARES);
  const rest = Object.entries(found).slice(MOST_SHARES).reduce((sum, [, share]) => sum + share, 0);
  if (rest > 0.0005) shown.push(["", rest]);
  while (list.children.length > shown.length) list.lastChild.remove();
  shown.forEach(([name, share], i) => {
    const row = list.children[i] ?? list.appendChild(entry());
    if (row.dataset.name !== name || row.paint !== paint) {
      row.dataset.name = name;
      row.paint = paint;
      const one = paint.byName.get(name);
      row.children[0].replaceChildren(...(one ? [paint.swatch(one)] : []));
      row.children[1].textContent = name ? named(name) : t("other");
    }
    const words = percent(share);
    if (row.children[3].textContent !== words) row.children[3].textContent = words;
    row.children[2].style.setProperty("--value", String(share));
  });
}

function entry() {
  const row = document.createElement("li");
  for (const kind of ["box", "name", "bar", "share"]) {
    row.append(Object.assign(document.createElement("span"), { className: kind }));
  }
  return row;
}
