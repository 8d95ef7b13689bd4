// Alarms: the one that calls most on top, all of them in a list.

import { clock } from "./format.js";
import { order } from "./link.js";
import { put } from "./panels.js";
import { m, said, t } from "./words.js";

const MARKS = { critical: "1", high: "2", medium: "3", low: "4", none: "" };
/** States that an alarm may be in; see alarm.py. */
const STATES = {
  normal: m("normal"), unacknowledged: m("unacknowledged"), acknowledged: m("acknowledged"), returned: m("gone, not acknowledged"),
  "latched unacknowledged": m("to be confirmed, not acknowledged"), "latched acknowledged": m("to be confirmed"),
  shelved: m("shelved"), suppressed: m("suppressed by its cause"), "out of service": m("out of service"),
};
const SHELVE_S = 300;
const at = (id) => document.getElementById(id);
let shown = [], may = [];

export function start() {
  at("alarm-list").addEventListener("click", () => at("alarm-dialog").showModal());
  at("acknowledge").addEventListener("click", () => act("acknowledge", { alarm: at("acknowledge").dataset.key }));
}

export function allow(verbs) {
  may = verbs;
  alarms(shown);
}

const calls = (alarm) => !alarm.hidden && alarm.state !== "normal";

export function alarms(all) {
  shown = all;
  const calling = all.filter(calls), top = calling[0];
  const bar = at("alarm-now");
  bar.dataset.priority = top?.priority ?? "none";
  bar.dataset.state = top?.acknowledged ? "acknowledged" : top && !top.present ? "gone" : "";
  bar.querySelector(".mark").textContent = MARKS[top?.priority ?? "none"];
  put("alarm-title", top ? t(top.title) + source(top) : t("No alarms"));
  put("alarm-words", top ? (bar.dataset.state === "gone" ? t(STATES[top.state]) : said(top.words)) : "");
  put("alarm-count", String(calling.length));
  const waits = calling.find((alarm) => !alarm.acknowledged);
  at("acknowledge").hidden = !waits || waits !== top || !may.includes("acknowledge");
  at("acknowledge").dataset.key = waits?.key ?? "";
  list(all);
}

const source = (alarm) => (alarm.source ? ` (${alarm.source})` : "");

function list(all) {
  const rows = at("alarm-rows"), focused = document.activeElement?.dataset?.act;
  rows.replaceChildren(...(all.length ? all.map(row) : [Object.assign(document.createElement("li"), { className: "empty", textContent: t("No alarms") })]));
  if (focused) rows.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
}

const TEXTS = [["cause", m("Cause")], ["consequence", m("Consequence")], ["action", m("Action")]];

function row(alarm) {
  const item = make("li", "alarm");
  item.dataset.priority = alarm.hidden ? "none" : alarm.priority;
  item.dataset.state = alarm.state;
  const head = make("p", "head");
  head.append(make("span", "mark", MARKS[alarm.priority]), make("strong", "", t(alarm.title) + source(alarm)),
    make("span", "state", t(STATES[alarm.state])), make("time", "", clock(alarm.raised)));
  item.append(head);
  if (alarm.words) item.append(make("p", "words", said(alarm.words)));
  const texts = make("dl", "texts");
  for (const [key, name] of TEXTS) {
    const pair = make("div");
    pair.append(make("dt", "", t(name)), make("dd", "", t(alarm[key])));
    texts.append(pair);
  }
  item.append(texts, buttons(alarm));
  return item;
}

function buttons(alarm) {
  const place = make("p", "acts");
  const offers = [
    ["acknowledge", m("Acknowledge"), {}, !alarm.acknowledged && !alarm.hidden],
    ["confirm", m("Confirm"), {}, alarm.latched && alarm.acknowledged && !alarm.present && !alarm.hidden],
    ["shelve", m("Shelve for 5 minutes"), { seconds: SHELVE_S }, !alarm.hidden],
    ["unshelve", m("Unshelve"), {}, alarm.state === "shelved"],
  ];
  for (const [verb, words, more, fits] of offers) {
    if (!fits || !may.includes(verb)) continue;
    const button = Object.assign(make("button", "small", t(words)), { type: "button" });
    button.dataset.act = `${verb} ${alarm.key}`;
    button.addEventListener("click", () => act(verb, { alarm: alarm.key, ...more }));
    place.append(button);
  }
  return place;
}

async function act(verb, what) {
  put("alarm-refused", "");
  await order(verb, what).catch((error) => put("alarm-refused", error.message, "bad"));
}

function make(tag, className = "", textContent = "") {
  return Object.assign(document.createElement(tag), { className, textContent });
}
