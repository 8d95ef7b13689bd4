"use strict";
// Zoom of the log, and what lies at the depth that is pointed at. Without it the page shows the same, at one scale.
const log = document.querySelector("#log"), there = document.querySelector("#there"), goto = document.querySelector("#depth");
const told = JSON.parse(document.querySelector("#told").textContent);
const HEAD = 54, STEP = 1.6, TICK = 44;
let ppm = 0;

const least = () => Math.max(10, log.clientHeight - HEAD - 2) / (told.to - told.from);
const most = () => 4 / told.step;
const depthAt = y => told.from + (log.scrollTop + y - HEAD) / ppm;

function zoom(next, y = log.clientHeight / 2) {
  const depth = ppm ? depthAt(y) : told.from;
  ppm = Math.min(Math.max(next, least()), most());
  log.style.setProperty("--ppm", ppm);
  log.dataset.level = told.ticks.reduce((found, step, level) => step * ppm >= TICK ? level : found, 0);
  log.toggleAttribute("data-near", ppm * told.step >= 1);
  for (const [name, least] of Object.entries(told.crowded)) log.toggleAttribute(`data-no-${name}`, ppm < least);
  log.scrollTop = HEAD + (depth - told.from) * ppm - y;
}
function show(depth) {
  log.scrollTop = (depth - told.from) * ppm - (log.clientHeight - HEAD) / 2;
  say(depth);
}
function say(depth) {
  const row = told.rows.find(([from, to]) => depth >= from && depth < to);
  there.textContent = depth < told.from || depth >= told.to ? "" : `${depth.toFixed(3)} m. ${row ? row[2] : "nothing is known here"}`;
}
const acts = { in: () => zoom(ppm * STEP), out: () => zoom(ppm / STEP), whole: () => zoom(0), pixel: () => zoom(1 / told.step) };
for (const button of document.querySelectorAll("[data-act]")) button.addEventListener("click", acts[button.dataset.act]);
document.querySelector("#go").addEventListener("submit", event => {
  event.preventDefault();
  const depth = Number(goto.value.replace(",", "."));
  if (goto.value.trim() && Number.isFinite(depth)) { if (ppm * told.step < 0.5) zoom(1 / told.step); show(depth); }
});
log.addEventListener("keydown", event => {
  const act = { "+": "in", "=": "in", "-": "out", 0: "whole", 1: "pixel" }[event.key];
  if (act && !event.ctrlKey && !event.metaKey) { event.preventDefault(); acts[act](); }
});
log.addEventListener("wheel", event => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  zoom(ppm * (event.deltaY < 0 ? 1.2 : 1 / 1.2), event.clientY - log.getBoundingClientRect().top);
}, { passive: false });
log.addEventListener("pointermove", event => say(depthAt(event.clientY - log.getBoundingClientRect().top)));
addEventListener("resize", () => zoom(ppm));
zoom(0);
