// The socket: messages in, credit out. A page that is not painted grants nothing, so nothing is sent to it.

import { said } from "./words.js";

const CREDIT = 8, EXPIRED = 4401;
const AGAIN_MS = 1000;

export class Link {
  /** `lines` gets blocks of lines as they are, `topics` what else comes, by topic; `state` hears whether it is there. */
  constructor(path, lines, topics = {}, state = () => {}) {
    Object.assign(this, { path, lines, topics, state, owed: 0, closed: false });
    this.open();
  }

  close() {
    this.closed = true;
    this.socket.close();
  }

  open() {
    this.socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${this.path}`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onopen = () => {
      this.owed = 0;
      this.socket.send(String(CREDIT));
      this.state(true);
    };
    this.socket.onmessage = ({ data }) => this.take(data);
    this.socket.onclose = ({ code }) => {
      this.state(false);
      if (code === EXPIRED) location.assign("/login");
      else if (!this.closed) setTimeout(() => this.closed || this.open(), AGAIN_MS);
    };
  }

  take(data) {
    this.owed += 1;
    if (typeof data === "string") {
      const message = JSON.parse(data);
      this.topics[message.topic]?.(message);
    } else this.lines(block(data));
  }

  /** What came is painted: as much may come again. */
  painted() {
    if (this.owed === 0 || this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(String(this.owed));
    this.owed = 0;
  }
}

const HEAD = 24;

/** A block of lines; see blocks.py. */
function block(buffer) {
  const view = new DataView(buffer);
  const [n, samples] = [view.getUint16(2, true), view.getUint16(4, true)];
  const first = view.getFloat64(8, true);
  const after = new Uint32Array(buffer, HEAD, n);
  return {
    n, samples, first, total: view.getFloat64(16, true),
    seq: (i) => first + after[i],
    values: new Uint8Array(buffer, HEAD + 4 * n),
  };
}

/** Have something done. Returns what came of it; throws an Error with the words of a refusal. */
export async function order(verb, what = {}) {
  const answer = await fetch(`/do/${verb}`, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what),
  });
  const told = await answer.json().catch(() => ({ words: answer.statusText }));
  if (answer.status === 401) location.assign("/login");
  if (!answer.ok) throw new Error(said(told.words));
  return told ?? {};
}
