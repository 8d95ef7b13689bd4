// Boxes of core: the one under the camera, the next, and what became of the last ones.

import { clock, fixed } from "./format.js";
import { order } from "./link.js";
import { ask } from "./orders.js";
import { put } from "./panels.js";
import { m, t } from "./words.js";

const VERDICTS = { pass: m("good"), look: m("look at it"), rescan: m("scan again") };
const at = (id) => document.getElementById(id);
let may = [], drawn = "";

export function allow(verbs) {
  may = verbs;
}

/** Lines that log no core have no boxes, and those that sort nothing beside them nothing to say of that. */
export function status({ core, sorts }) {
  at("boxes").hidden = !core;
  at("sorting").hidden = Boolean(core) && !sorts;
  if (!core) return;
  put("hole", core.hole);
  put("box-now", box(core.scanning, "–"), core.scanning ? "good" : "");
  at("box-now").title = core.scanning ? clock(core.scanning.since) : "";
  put("box-next", box(core.next, t("no more in the session")), core.next ? "" : "warn");
  put("box-done", t("{n} of {of}", { n: core.scanned, of: core.boxes }));
  at("box-form").hidden = !may.includes("begin_box");
  at("box").placeholder = core.next ? String(core.next.box) : "";
  verdicts(core);
}

/** A box and its depths, which need no words. */
const box = (one, otherwise) => (one ? `${one.box} · ${fixed(one.from_m, 2)}–${fixed(one.to_m, 2)} m` : otherwise);

/** A list that is the same stays as it is, so that what was opened stays open. */
function verdicts({ making, verdicts: last }) {
  at("verdicts-empty").hidden = Boolean(making.length || last.length);
  at("verdicts").hidden = !at("verdicts-empty").hidden;
  const key = JSON.stringify([making, last]);
  if (key === drawn) return;
  drawn = key;
  const open = new Set([...document.querySelectorAll(".verdicts details[open]")].map((one) => one.dataset.key));
  const waiting = making.map(([number, scan]) => row("making", name(number, scan), t("being judged…")));
  const judged = last.map((one) => {
    const made = row(one.verdict, name(one.box, one.scan), t(VERDICTS[one.verdict]), one.findings);
    made.firstChild.dataset.key = `${one.box} ${one.scan}`;
    made.firstChild.open = open.has(made.firstChild.dataset.key);
    return made;
  });
  at("verdicts").replaceChildren(...waiting, ...judged);
}

const name = (number, scan) => (scan > 1 ? t("Box {n}, scan {scan}", { n: number, scan }) : t("Box {n}", { n: number }));

function row(verdict, title, words, findings = []) {
  const line = document.createElement("li"), whole = document.createElement("details"), head = document.createElement("summary");
  line.dataset.verdict = verdict;
  head.append(element("span", "", "dot"), element("span", title), element("b", words));
  whole.append(head, ...findings.flatMap((one) => [said(one.words, one.values), element("p", t(one.action, one.values))]));
  line.append(whole);
  return line;
}

/** What was found begins a sentence here. */
function said(words, values) {
  const whole = t(words, values);
  return element("p", `${whole.slice(0, 1).toUpperCase()}${whole.slice(1)}.`);
}

const element = (kind, textContent, className = "") => Object.assign(document.createElement(kind), { textContent, className });

at("box-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const number = Number(at("box").value);
  ask(t("Begin box {n}?", { n: number }), [m("It is the box under the camera or, where none is there, the next tray.")], t("Begin box"), () => order("begin_box", { box: number }));
});
