// The bank of valves, a lamp each, beside the samples that they sweep.

import { t } from "./words.js";

const OPEN_MS = 180;
const COLOURS = { closed: "#4b545b", open: "#ffffff", faulty: "#ff6b60", worn: "#e8b13a" };

export class Valves {
  constructor(canvas) {
    Object.assign(this, { canvas, until: [], n: 0, faulty: new Set(), worn: new Set(), drawn: "" });
  }

  status({ plc, sorts }) {
    this.n = sorts ? plc.valves : 0;
    [this.faulty, this.worn] = [new Set(plc.faulty), new Set(plc.worn)];
    this.canvas.parentElement.dataset.valves = String(this.n > 0);
    const words = [t("{n} valves", { n: this.n })];
    if (this.faulty.size) words.push(t("faulty: {valves}", { valves: [...this.faulty].join(", ") }));
    if (this.worn.size) words.push(t("worn: {valves}", { valves: [...this.worn].join(", ") }));
    this.canvas.ariaLabel = words.join("; ");
    this.canvas.title = this.canvas.ariaLabel;
  }

  /** Valves that were told to open now. */
  open(valves) {
    for (const valve of valves) this.until[valve] = performance.now() + OPEN_MS;
  }

  state(valve, now) {
    if (this.faulty.has(valve)) return "faulty";
    if ((this.until[valve] ?? 0) > now) return "open";
    return this.worn.has(valve) ? "worn" : "closed";
  }

  draw() {
    const now = performance.now(), states = Array.from({ length: this.n }, (_, valve) => this.state(valve, now));
    const { canvas } = this, ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    const key = `${width} ${height} ${states.join("")}`;
    if (key === this.drawn || !this.n) return;
    this.drawn = key;
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d"), step = height / this.n, gap = Math.min(1.5 * ratio, step / 4);
    states.forEach((state, valve) => {
      context.fillStyle = COLOURS[state];
      const inset = state === "closed" ? width * 0.3 : state === "open" ? 0 : width * 0.1;
      context.fillRect(inset, valve * step + gap / 2, width - 2 * inset, step - gap);
    });
  }
}
