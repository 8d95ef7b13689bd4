// Colours of codes, the same as on every map: a table by place in a pattern's tile, and by code.

const TILE = 6;

export class Paint {
  constructor({ classes, patterns }) {
    this.classes = new Map(classes.map((one) => [one.code, one]));
    this.byName = new Map(classes.map((one) => [one.name, one]));
    this.patterns = patterns;
    this.table = new Uint32Array(TILE * TILE * 256).fill(0xff000000);
    for (const one of classes) {
      for (let place = 0; place < TILE * TILE; place += 1) {
        const inked = patterns[one.pattern][Math.floor(place / TILE)][place % TILE];
        this.table[place * 256 + one.code] = word(inked ? one.ink : one.colour);
      }
    }
  }

  /** Paint a line, a column of pixels from `at` on, each `stride` after the last. */
  line(pixels, at, stride, codes, from, samples, seq) {
    const row = (seq % TILE) * TILE;
    for (let sample = 0; sample < samples; sample += 1) {
      pixels[at + sample * stride] = this.table[(row + (sample % TILE)) * 256 + codes[from + sample]];
    }
  }

  /** A square of a class, as in a legend. */
  swatch(one, size = 14) {
    const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size, className: "swatch" });
    const context = canvas.getContext("2d"), image = context.createImageData(size, size);
    const pixels = new Uint32Array(image.data.buffer), codes = new Uint8Array(size).fill(one.code);
    for (let line = 0; line < size; line += 1) this.line(pixels, line * size, 1, codes, 0, size, line);
    context.putImageData(image, 0, 0);
    canvas.ariaHidden = "true";
    return canvas;
  }
}

export const css = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;
const word = ([red, green, blue]) => (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
