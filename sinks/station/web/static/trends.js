// Trends: grade of feed and product, and what the rock is made of, over minutes and over a shift.

import { percent } from "./format.js";
import { css } from "./paint.js";
import { t } from "./words.js";

const EVERY_MS = 5000, LEAST_S = 300, GRID = "#3c4449", INK = "#aab4bb";
const FEED = "#aab4bb", PRODUCT = "#ffffff";
const font = '11px "Inter", "Oreline CJK", system-ui, sans-serif';

export class Trends {
  constructor(grades, shares) {
    Object.assign(this, { grades, shares, span: "minutes", paint: null, names: null });
    for (const button of document.querySelectorAll("[data-span]")) {
      button.addEventListener("click", () => this.choose(button.dataset.span));
    }
    new ResizeObserver(() => this.fit()).observe(grades);
    setInterval(() => document.hidden || this.load(), EVERY_MS);
  }

  choose(span) {
    this.span = span;
    for (const button of document.querySelectorAll("[data-span]")) {
      button.ariaPressed = String(button.dataset.span === span);
    }
    this.load();
  }

  async load() {
    const answer = await fetch(`/trends.json?span=${this.span}`).catch(() => null);
    if (!answer?.ok || !this.paint) return;
    const told = await answer.json();
    this.draw(told);
    const last = (column) => percent(column.findLast((value) => value !== null) ?? null);
    document.getElementById("feed").textContent = last(told.feed);
    document.getElementById("product").textContent = last(told.product);
  }

  draw({ t: seconds, offset_s: offset, feed, product, shares }) {
    if (seconds.length < 2) return;
    const times = seconds.map((one) => one + offset);
    this.plot ??= chart(this.grades, [line(t("feed"), FEED, [4, 3]), line(t("product"), PRODUCT)]);
    this.plot.setData([times, feed, product]);
    const names = Object.keys(shares);
    if (names.join() !== this.names?.join()) {
      this.names = names;
      this.stack?.destroy();
      this.stack = chart(this.shares, names.map((name) => area(name, this.paint.byName.get(name))).reverse());
    }
    const sums = [];
    names.forEach((name, i) => sums.push(shares[name].map((share, k) => (share ?? 0) + (sums[i - 1]?.[k] ?? 0))));
    this.stack.setData([times, ...sums.reverse()]);
  }

  fit() {
    for (const [plot, place] of [[this.plot, this.grades], [this.stack, this.shares]]) {
      plot?.setSize({ width: place.clientWidth, height: place.clientHeight });
    }
  }
}

export const line = (label, stroke, dash = []) => ({ label, stroke, dash, width: 1.6, points: { show: false }, spanGaps: false });

function area(label, one) {
  const colour = one ? css(one.colour) : "#777";
  return { label, stroke: colour, fill: colour, width: 0, points: { show: false } };
}

/** Of a time by the station's clock, as that beside it, wherever the browser is. */
const times = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC" });

function axis(values, size, space) {
  return { stroke: INK, font, size, space, gap: 4, grid: { stroke: GRID, width: 1 }, ticks: { show: false }, values };
}

const SCALES = {
  x: { time: true, range: (_, first, last) => [Math.min(first, last - LEAST_S), last] }, y: { range: [0, 1] },
};
const clocks = (_, at) => at.map((value) => times.format(value * 1000));
const shares = (_, at) => at.map((value) => percent(value, 0));

/** A plot of some series; by the time of day and as shares, unless other scales are given with their words. */
export function chart(place, series, scales = SCALES, across = clocks, up = shares) {
  const options = {
    width: place.clientWidth, height: place.clientHeight, legend: { show: false }, cursor: { show: false }, scales,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    padding: [6, scales === SCALES ? 6 : 22, 0, 0], axes: [axis(across, 20, 60), axis(up, 46, 26)], series: [{}, ...series],
  };
  return new uPlot(options, [[], ...series.map(() => [])], place);
}
