// Orders: each is asked for once more before it is done, and what came of it is said.

import { order } from "./link.js";
import { put } from "./panels.js";
import { m, said, t } from "./words.js";

const at = (id) => document.getElementById(id);
/** Verb, on its button, what is asked, what it does, and when it is offered. */
const ORDERS = [
  ["hold", m("Hold sorting"), m("Hold sorting?"), [m("No valve opens until sorting is resumed; the feeder is stopped. Lines go on being labelled and logged.")], (now) => now.sorts && !now.held],
  ["resume", m("Resume sorting"), m("Resume sorting?"), [m("Valves open again for what is wanted.")], (now) => now.sorts && now.held],
  ["dark", m("Dark reference…"), m("Take a dark reference"), [m("1. Stop the feed: the line does not see its belt for a moment."), m("2. Close the lens cap, unless the camera has a shutter of its own."), m("3. Start. What is wrong with it is said, and then the old reference stays in force.")], () => true],
  ["white", m("White reference…"), m("Take a white reference"), [m("1. Stop the feed: the line does not see its belt for a moment."), m("2. Lay the white panel level under the whole line, unless the camera moves it."), m("3. Start. What is wrong with it is said, and then the old reference stays in force.")], () => true],
  ["test_valves", m("Valve test…"), m("Test the valves?"), [m("Each valve opens once, in order. It is refused while ore runs: hold sorting first.")], (now) => now.sorts],
  ["end_box", m("End box…"), m("End the box?"), [m("The rest of its tray belongs to no box.")], (now) => now.core?.scanning],
  ["stop", m("Stop the line…"), m("Stop the line?"), [m("What came before is sorted and logged, then the line ends. It is started again from its terminal.")], () => true],
];
let may = [], drawn = "";

export function allow(verbs) {
  may = verbs;
  drawn = "";
}

/** Offer what this person may do as the line stands. */
export function offer(now) {
  const offered = ORDERS.filter(([verb, , , , fits]) => may.includes(verb) && fits(now));
  const key = offered.map(([verb]) => verb).join();
  if (key === drawn) return;
  const focused = document.activeElement?.dataset?.verb;
  drawn = key;
  at("orders").replaceChildren(...offered.map(button));
  const twin = { hold: "resume", resume: "hold" }[focused] ?? focused;
  if (focused) at("orders").querySelector(`[data-verb="${twin}"]`)?.focus();
}

function button([verb, words, title, steps]) {
  const element = Object.assign(document.createElement("button"), { type: "button", textContent: t(words) });
  element.dataset.verb = verb;
  element.addEventListener("click", () => ask(title, steps, t(words).replace("…", ""), () => order(verb)));
  return element;
}

/** Ask, do, and say what came of it; a refusal stays to be read. */
export function ask(title, steps, words, act) {
  const dialog = at("dialog"), go = at("dialog-do");
  put("dialog-title", t(title));
  put("dialog-result", "");
  at("dialog-body").replaceChildren(...steps.map((step) => Object.assign(document.createElement("p"), { textContent: t(step) })));
  Object.assign(go, { textContent: words, disabled: false, hidden: false });
  go.onclick = async () => {
    go.disabled = true;
    put("dialog-result", t("One moment…"), "busy");
    try {
      const told = await act();
      if (!told.words) return dialog.close();
      put("dialog-result", said(told.words), "good");
      go.hidden = true;
    } catch (error) {
      put("dialog-result", error.message, "bad");
      go.disabled = false;
    }
    return undefined;
  };
  dialog.showModal();
}
