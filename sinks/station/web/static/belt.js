// The belt: labels of the last lines, newest at the right, with the stones that were decided on it.

import { Columns, LENGTH } from "./columns.js";

const LIGHT = 0xffffffff, DARK = 0xff423c3c, BLANK = 0;
const LAG_S = 0.05, CATCH_UP = 4, JUMP_S = 0.5;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const OUTLINE = {
  ejected: { colour: "#fff", width: 2, dash: [] },
  passed: { colour: "rgba(255,255,255,.4)", width: 1, dash: [] },
  doubtful: { colour: "#fff", width: 1.6, dash: [4, 3] },
  held: { colour: "#fff", width: 1.6, dash: [4, 3] },
};
const CHOSEN = { colour: "#6cb6ff", width: 3, dash: [] };

export class Belt {
  constructor(canvas, chosen) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.ring = new Columns();
    this.waiting = [];
    this.stones = [];
    this.onchosen = chosen;
    this.reset(0);
    this.points(canvas);
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Have a picture of the belt choose stones. */
  points(canvas) {
    canvas.addEventListener("pointerdown", ({ offsetX, offsetY }) => {
      const scale = canvas.clientHeight / this.samples;
      this.point(this.shown - (canvas.clientWidth - offsetX) / scale, offsetY / scale);
    });
  }

  reset(samples) {
    Object.assign(this, { samples, newest: -1, shown: 0, rate: 0, painted: 0, started: null, shed: 0, chosen: null });
    this.waiting.length = 0;
    this.stones.length = 0;
    this.ring.reset(samples);
  }

  /** Another stream begins. */
  describe(stream, paint) {
    if (stream.run !== this.run || stream.samples !== this.samples) this.reset(stream.samples);
    Object.assign(this, { run: stream.run, paint, set: stream.line_rate_hz });
  }

  take(block) {
    this.waiting.push(block);
  }

  add(stones) {
    for (const stone of stones) this.stones.push({ ...stone, path: contour(stone) });
    const oldest = this.newest - LENGTH;
    while (this.stones.length && this.stones[0].last_line < oldest) this.stones.shift();
  }

  /** Paint what came, and show it at its place at this moment. Returns how many blocks were painted. */
  frame(seconds) {
    const blocks = this.waiting.splice(0);
    for (const block of blocks) if (this.paint && block.samples === this.samples) this.put(block);
    if (this.newest >= 0) {
      this.advance(seconds);
      this.draw();
    }
    return blocks.length;
  }

  put(block) {
    this.started ??= block.total - block.n;
    this.painted += block.n;
    const shed = block.total - this.started - this.painted - this.shed;
    this.shed += shed;
    if (this.newest >= 0) this.skip(this.newest + 1, block.first, shed);
    for (const [i, seq, n] of this.ring.stretches(block)) {
      this.ring.fill(seq, n, (pixels, k) =>
        this.paint.line(pixels, k, n, block.values, (i + k) * this.samples, this.samples, seq + k));
      if (i + n < block.n) this.skip(seq + n, block.seq(i + n), 0);
    }
    this.newest = block.seq(block.n - 1);
  }

  /** Lines that are not there: hatched as on a map, or left empty where only this page was too slow for them. */
  skip(from, to, shed) {
    for (let seq = Math.max(from, to - LENGTH); seq < to; ) {
      const n = Math.min(to - seq, LENGTH - (seq % LENGTH)), first = seq;
      this.ring.fill(first, n, (pixels, k) => {
        for (let sample = 0; sample < this.samples; sample += 1) {
          const hatch = (first + k + sample) % 12 < 6 ? LIGHT : DARK;
          pixels[k + sample * n] = to - from <= shed ? BLANK : hatch;
        }
      });
      seq += n;
    }
  }

  /** Move on as the belt does; who looks for calm gets a new picture now and then. */
  advance(seconds) {
    const end = this.newest + 1, rate = this.rate || this.set || 1;
    if (calm.matches) {
      if (seconds - (this.turned ?? -1) >= 1 || this.turned === undefined) [this.shown, this.turned] = [end, seconds];
    } else {
      const passed = Math.min(0.1, seconds - (this.last ?? seconds));
      this.shown += rate * passed;
      this.shown += (end - LAG_S * rate - this.shown) * Math.min(1, CATCH_UP * passed);
      if (Math.abs(end - this.shown) > JUMP_S * rate) this.shown = end;
      this.shown = Math.min(this.shown, end);
    }
    this.last = seconds;
  }

  get scale() {
    return this.canvas.clientHeight / this.samples;
  }

  draw() {
    this.ring.draw(this.canvas, this.context, this.shown);
    this.outline(this.context, this.canvas);
  }

  /** Draw the stones over a picture of the belt. */
  outline(context, { width, height }) {
    const scale = height / this.samples, ratio = devicePixelRatio;
    for (const stone of this.visible()) {
      const style = stone === this.chosen ? CHOSEN : OUTLINE[stone.decision];
      context.setTransform(scale, 0, 0, scale, width - (this.shown - stone.first_line) * scale, 0);
      context.strokeStyle = style.colour;
      context.lineWidth = (style.width * ratio) / scale;
      context.setLineDash(style.dash.map((dash) => (dash * ratio) / scale));
      context.stroke(stone.path);
    }
  }

  /** Stones that are seen, the oldest first. */
  visible() {
    const oldest = this.shown - this.canvas.clientWidth / this.scale;
    const first = this.stones.findIndex((stone) => stone.last_line >= oldest);
    return first < 0 ? [] : this.stones.slice(first);
  }

  point(line, sample) {
    this.choose(this.visible().findLast((stone) => near(stone, line, sample)) ?? null, true);
  }

  key(event) {
    const stones = this.visible(), at = stones.indexOf(this.chosen);
    if (event.key === "ArrowLeft") this.choose(stones[at < 0 ? stones.length - 1 : Math.max(0, at - 1)] ?? null);
    else if (event.key === "ArrowRight") this.choose(stones[at < 0 ? 0 : Math.min(stones.length - 1, at + 1)] ?? null);
    else if (event.key === "Enter" && this.chosen) this.choose(this.chosen, true);
    else return;
    event.preventDefault();
  }

  choose(stone, open = false) {
    this.chosen = stone;
    if (stone && open) this.onchosen(stone, this.picture(stone));
  }

  /** What the belt shows of a stone: a canvas of its box and a little around it. */
  picture(stone) {
    const lines = stone.last_line - stone.first_line + 1, samples = stone.stop_sample - stone.first_sample;
    const edge = 4, from = Math.max(0, stone.first_line - edge), top = Math.max(0, stone.first_sample - edge);
    const [width, height] = [lines + 2 * edge, samples + 2 * edge];
    return this.ring.copy(from, top, width, height);
  }

  /** Colour of a sample as it is painted: red, green, blue; null where its line is not shown. For who checks it. */
  pixel(seq, sample) {
    return this.ring.pixel(seq, sample);
  }
}

/** The contour of a stone, from its first line and sample 0 on. */
function contour({ outline }) {
  const rows = new Map();
  for (let i = 0; i < outline.length; i += 3) {
    const [line, start, stop] = [outline[i], outline[i + 1], outline[i + 2]];
    const [low, high] = rows.get(line) ?? [start, stop];
    rows.set(line, [Math.min(low, start), Math.max(high, stop)]);
  }
  const lines = [...rows.keys()].sort((a, b) => a - b), path = new Path2D();
  lines.forEach((line, i) => {
    path[i ? "lineTo" : "moveTo"](line, rows.get(line)[0]);
    path.lineTo(line + 1, rows.get(line)[0]);
  });
  for (const line of lines.reverse()) {
    path.lineTo(line + 1, rows.get(line)[1]);
    path.lineTo(line, rows.get(line)[1]);
  }
  path.closePath();
  return path;
}

function near(stone, line, sample, slack = 3) {
  return line >= stone.first_line - slack && line <= stone.last_line + slack
    && sample >= stone.first_sample - slack && sample <= stone.stop_sample + slack;
}
