// False colours of the same belt, for who asks for them: they come by a socket of their own.

import { Columns } from "./columns.js";
import { Link } from "./link.js";
import { t } from "./words.js";

export class Colours {
  /** `button` switches them on and off, `canvas` shows them beside `belt`. */
  constructor(button, canvas, belt) {
    Object.assign(this, { button, canvas, belt, waiting: [], ring: new Columns(), link: null });
    this.context = canvas.getContext("2d", { alpha: false });
    belt.points(canvas);
    button.addEventListener("click", () => this.show(!this.link));
  }

  /** Another stream begins: it has false colours of three bands, or none. */
  describe({ run, samples, false_colours: bands }) {
    if (run !== this.run || samples !== this.ring.samples) this.ring.reset(samples);
    this.run = run;
    this.button.hidden = !bands;
    if (!bands) this.show(false);
    else [this.button.title, this.canvas.ariaLabel] = [hint(bands), hint(bands)];
  }

  show(on) {
    if (on === Boolean(this.link)) return;
    this.link?.close();
    this.link = on ? new Link("/false-colours", (block) => this.waiting.push(block)) : null;
    this.button.ariaPressed = String(on);
    this.canvas.hidden = !on;
    this.ring.reset(this.ring.samples);
  }

  /** Paint what came, where the belt is at this moment. */
  frame() {
    if (!this.link) return;
    for (const block of this.waiting.splice(0)) if (block.samples === this.ring.samples) this.put(block);
    this.ring.draw(this.canvas, this.context, this.belt.shown);
    this.belt.outline(this.context, this.canvas);
    this.link.painted();
  }

  put(block) {
    for (const [i, seq, n] of this.ring.stretches(block)) {
      this.ring.fill(seq, n, (pixels, k) => {
        for (let sample = 0, at = 3 * (i + k) * block.samples; sample < block.samples; sample += 1, at += 3) {
          const { values } = block;
          pixels[k + sample * n] = 0xff000000 | (values[at + 2] << 16) | (values[at + 1] << 8) | values[at];
        }
      });
    }
  }
}

const hint = ([red, green, blue]) => t("{red}, {green} and {blue} nm as red, green and blue", { red, green, blue });
