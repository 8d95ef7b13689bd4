// Columns of pixels, one a line, of the last lines. Each is painted once; a frame copies what is seen of them.

export const LENGTH = 4096;
const GROUND = "#15181a";

export class Columns {
  constructor() {
    this.canvas = document.createElement("canvas");
  }

  reset(samples) {
    this.samples = samples;
    Object.assign(this.canvas, { width: LENGTH, height: Math.max(1, samples) });
    this.pixels = this.canvas.getContext("2d");
  }

  /** Stretches of a block that lie side by side here: place in the block, first line, how many. */
  *stretches(block) {
    for (let i = 0; i < block.n; ) {
      const seq = block.seq(i);
      let n = 1;
      while (i + n < block.n && block.seq(i + n) === seq + n && (seq + n) % LENGTH !== 0) n += 1;
      yield [i, seq, n];
      i += n;
    }
  }

  /** Paint `n` lines from one on, side by side: `paint` gets pixels, and the column of each of them. */
  fill(seq, n, paint) {
    const image = this.pixels.createImageData(n, this.samples);
    const pixels = new Uint32Array(image.data.buffer);
    for (let k = 0; k < n; k += 1) paint(pixels, k);
    this.pixels.putImageData(image, seq % LENGTH, 0);
  }

  /** Draw the lines up to `shown`, which is at the right, as large as a canvas has room for. */
  draw(canvas, context, shown) {
    const ratio = devicePixelRatio;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const scale = height / this.samples || 1, seen = Math.min(LENGTH - 64, width / scale);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = GROUND;
    context.fillRect(0, 0, width, height);
    context.imageSmoothingEnabled = scale < 1;
    for (let seq = Math.max(0, Math.floor(shown - seen)); seq < shown; ) {
      const n = Math.min(LENGTH - (seq % LENGTH), Math.ceil(shown - seq));
      const x = width - (shown - seq) * scale;
      context.drawImage(this.canvas, seq % LENGTH, 0, n, this.samples, x, 0, n * scale, this.samples * scale);
      seq += n;
    }
  }

  /** A canvas of some lines and samples. */
  copy(from, top, width, height) {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    for (let k = 0; k < width; k += 1) {
      context.drawImage(this.canvas, (from + k) % LENGTH, top, 1, height, k, 0, 1, height);
    }
    return canvas;
  }

  /** Colour of a sample: red, green, blue; null where its line is not there. */
  pixel(seq, sample) {
    const [red, green, blue, shown] = this.pixels.getImageData(seq % LENGTH, sample, 1, 1).data;
    return shown ? [red, green, blue] : null;
  }
}
