// What the person has said and the server has not yet answered: sent one at a time, in order, and kept
// over a reload of the page.

/** A store that may be switched off, full or forbidden: then it remembers only as long as the page. */
export class Memory {
  /** open: () => Storage; a function, because where storage is forbidden naming it already throws. */
  constructor(open) {
    this.open = open;
    this.values = new Map();
  }

  get(key) {
    try {
      return this.open().getItem(key);
    } catch {
      return this.values.has(key) ? this.values.get(key) : null;
    }
  }

  set(key, value) {
    try {
      this.open().setItem(key, value);
    } catch {
      this.values.set(key, value);
    }
  }

  remove(key) {
    this.values.delete(key);
    try {
      this.open().removeItem(key);
    } catch {
      // Nothing was stored there.
    }
  }
}

/** crypto.randomUUID is there only over https and in newer browsers. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function parse(json) {
  try {
    const items = JSON.parse(json);
    return Array.isArray(items) ? items : [];
  } catch {
    return [];
  }
}

/**
 * An item is {id, text, shown, state}. Its state is waiting, sending, failed (those behind it wait, so that
 * the order stays) or refused (those behind it go on).
 */
export class Outbox {
  /**
   * deliver(item) resolves to the reply or throws an error with `final`;
   * watch is {changed(item), answered(item, reply), failed(item, error)}.
   */
  constructor(memory, key, deliver, watch) {
    Object.assign(this, { memory, key, deliver, watch });
    this.items = parse(memory.get(key));
  }

  add(text, shown) {
    const item = { id: newId(), text, shown, state: "waiting" };
    this.items.push(item);
    this.save();
    return item;
  }

  /** Asks again for the one reply; the others stay as they are. */
  resume(item) {
    this.move(item, "waiting");
    this.pump();
  }

  drop(item) {
    this.items = this.items.filter((other) => other !== item);
    this.save();
  }

  /** A refused item goes to the end; a failed one takes along the failed ones around it, in their order. */
  resend(item) {
    if (item.state === "refused") this.items.push(...this.items.splice(this.items.indexOf(item), 1));
    const again = item.state === "failed" ? this.items.filter((other) => other.state === "failed") : [item];
    again.forEach((other) => this.move(other, "waiting"));
    this.pump();
  }

  /** One at a time: where the next one is being sent already, whoever sends it goes on with the rest. */
  async pump() {
    let next = this.next();
    while (next && next.state === "waiting") {
      await this.attempt(next);
      next = this.next();
    }
  }

  find(id) {
    return this.items.find((item) => item.id === id);
  }

  next() {
    return this.items.find((item) => item.state !== "refused");
  }

  async attempt(item) {
    this.move(item, "sending");
    try {
      const reply = await this.deliver(item);
      this.drop(item);
      this.watch.answered(item, reply);
    } catch (error) {
      this.move(item, error.final ? "refused" : "failed");
      this.watch.failed(item, error);
    }
  }

  move(item, state) {
    item.state = state;
    this.save();
    this.watch.changed(item);
  }

  /** After a reload nothing is under way: what was, is as good as failed. */
  save() {
    const after = (state) => (state === "refused" ? "refused" : "failed");
    const items = this.items.map(({ id, text, shown, state }) => ({ id, text, shown, state: after(state) }));
    if (items.length) this.memory.set(this.key, JSON.stringify(items));
    else this.memory.remove(this.key);
  }
}
