// The conversation as it goes on: by server-sent events, and by asking where those do not get through.

const ASLEEP_MS = 30000;

/**
 * watch is {url(): where to follow from here, or null; turn(turn); owner(owner); ask(): asks instead;
 * waits(): whether to stay connected while nobody looks}. Turns may come more than once: `url` says what is
 * known, and `turn` has to know what it has seen.
 */
export class Follower {
  constructor(watch) {
    this.watch = watch;
    this.source = null;
    this.heard = false;
    this.seconds = 20;
    this.tickedAt = Date.now();
    this.onWake = () => this.wake();
    this.onShow = (event) => event.persisted && this.wake();
    this.onLook = () => this.look();
  }

  /** seconds: how often to see whether events come, and to ask if not. */
  start(seconds) {
    this.stop();
    this.seconds = seconds;
    this.timer = setInterval(() => this.tick(), 1000 * seconds);
    window.addEventListener("online", this.onWake);
    window.addEventListener("pageshow", this.onShow);
    document.addEventListener("visibilitychange", this.onLook);
    this.connect();
  }

  stop() {
    clearInterval(this.timer);
    window.removeEventListener("online", this.onWake);
    window.removeEventListener("pageshow", this.onShow);
    document.removeEventListener("visibilitychange", this.onLook);
    this.disconnect();
  }

  /** From here on; does nothing where there is nothing to follow yet. */
  connect() {
    this.disconnect();
    this.tickedAt = Date.now();
    const url = this.watch.url();
    if (!url || !window.EventSource) return;
    const source = new EventSource(url);
    const hear = (event, take) => {
      if (source !== this.source) return;
      this.heard = true;
      take(JSON.parse(event.data));
    };
    source.addEventListener("message", (event) => hear(event, this.watch.turn));
    source.addEventListener("owner", (event) => hear(event, ({ owner }) => this.watch.owner(owner)));
    source.addEventListener("error", () => {
      if (source === this.source) this.heard = false;
    });
    this.source = source;
  }

  disconnect() {
    if (this.source) this.source.close();
    this.source = null;
    this.heard = false;
  }

  get idle() {
    return document.hidden && !this.watch.waits();
  }

  /** The server names the owner at once: who hears nothing is not connected, whatever the browser thinks. */
  tick() {
    const slept = Date.now() - this.tickedAt > 1000 * this.seconds + ASLEEP_MS;
    this.tickedAt = Date.now();
    if (this.idle) return;
    if (slept || !this.source || this.source.readyState === EventSource.CLOSED) this.connect();
    if (!this.heard) this.watch.ask();
  }

  /** A line that was up before the network went or the laptop slept may be dead without anybody's knowing. */
  wake() {
    if (!this.idle) this.connect();
  }

  /** A browser has few lines to a server for all its tabs together: only who is looked at keeps one. */
  look() {
    if (this.idle) this.disconnect();
    else if (!this.heard || Date.now() - this.tickedAt > ASLEEP_MS) this.connect();
  }
}
