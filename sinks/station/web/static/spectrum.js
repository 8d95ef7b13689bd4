// The spectrum of a stone: its mean reflectance, where a page was open as it passed.

import { fixed } from "./format.js";
import { put } from "./panels.js";
import { chart, line } from "./trends.js";
import { t } from "./words.js";

const INK = "#ffffff";
const place = document.getElementById("spectrum");
let plot = null;

export async function show(number) {
  put("spectrum-words", t("Mean reflectance"));
  plot?.destroy();
  plot = null;
  const answer = await fetch(`/spectrum.json?stone=${number}`).catch(() => null);
  const { spectrum } = answer?.ok ? await answer.json() : {};
  place.hidden = !spectrum;
  if (!spectrum) put("spectrum-words", t("It has no spectrum: it passed before a page was open, or faster than it was looked at."));
  else draw(spectrum);
}

function draw({ nm, mean, samples, lines }) {
  const values = { samples: fixed(samples), lines: fixed(lines) };
  put("spectrum-words", t("Mean reflectance of {samples} samples in {lines} lines", values));
  const most = Math.max(0.1, ...mean.map((value) => value ?? 0));
  plot = chart(place, [line("", INK)], {
    x: { time: false }, y: { range: [0, Math.ceil(most * 10) / 10] },
  }, (_, at) => at.map((value) => `${value} nm`), (_, at) => at.map((value) => fixed(value, 1)));
  plot.setData([nm, mean]);
}
