// A stone that somebody has chosen: what it is, and why it was shot or was not.

import { fixed, percent } from "./format.js";
import { put, shares } from "./panels.js";
import * as spectrum from "./spectrum.js";
import { m, t } from "./words.js";

const VERDICTS = {
  ejected: m("Ejected"), passed: m("Let pass"), doubtful: m("Not ejected: its position is not known"),
  held: m("Not ejected: sorting was held"),
};
const at = (id) => document.getElementById(id);

let offered = false;

/** Whether there are spectra. */
export const offer = (bands) => (offered = Boolean(bands));

export function show(stone, picture, paint) {
  put("stone-title", t("Stone {number}", { number: fixed(stone.number) }));
  put("stone-verdict", [t(VERDICTS[stone.decision]), t(stone.why)].filter(Boolean).join(": "), stone.decision);
  draw(picture);
  shares(at("stone-shares"), stone.shares, paint);
  facts(stone);
  at("stone").showModal();
  at("stone-spectrum").hidden = !offered;
  if (offered) spectrum.show(stone.number);
}

function draw(picture) {
  const canvas = at("stone-picture"), room = [300, 160];
  const scale = Math.max(1, Math.min(8, Math.floor(Math.min(room[0] / picture.width, room[1] / picture.height))));
  Object.assign(canvas, { width: picture.width * scale, height: picture.height * scale });
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
}

function facts(stone) {
  const rows = [
    [t("Share compared with the limit"), percent(stone.measure)],
    [t("Samples"), fixed(stone.pixels)],
    [t("Lines"), `${fixed(stone.first_line)} – ${fixed(stone.last_line)}`],
    [t("Valves"), stone.valves.length ? ranges(stone.valves) : t("none")],
    [t("Recipe"), stone.recipe || "–"],
    [t("Reference"), stone.reference_id.slice(0, 8) || "–"],
  ];
  if (stone.clump) rows.push([t("Touches others"), t("a piece of them was judged by itself")]);
  if (stone.cut) rows.push([t("Cut short"), t("its end was not seen")]);
  at("stone-facts").replaceChildren(...rows.map(([name, value]) => {
    const row = document.createElement("div");
    row.append(Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }));
    return row;
  }));
}

/** Valves by their numbers, from 0 on as everywhere. */
function ranges(valves) {
  const found = [];
  for (const valve of valves) {
    if (found.length && found.at(-1)[1] === valve - 1) found.at(-1)[1] = valve;
    else found.push([valve, valve]);
  }
  return found.map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`)).join(", ");
}
