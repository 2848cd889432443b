// The conversation as it stands on the page: turns, what is under them, and where it is scrolled to.

import { markPrinted, printInFrame } from "./yunjiu-chat-print.js";
import * as render from "./yunjiu-chat-render.js";

const PHONE_LOW = 420;
const NARROW = 480;
const WIDE = 640;

export class Talk {
  /** on is {press(choice, event), print(receipt)}. */
  constructor(parts, words, on) {
    Object.assign(this, { parts, words, on });
    this.titles = new Map();
  }

  addTurn(shown) {
    const place = render.turn(this.words, shown);
    this.parts.turns.append(place);
    return place;
  }

  addMessages(place, messages, author = "assistant") {
    for (const message of messages) {
      for (const { title, payload } of message.buttons || []) this.titles.set(payload, title);
      place.append(render.spokenMessage(this.words, message, author, this.on));
    }
  }

  /** A payload is no words of the person's; what stood on the button is. */
  wordsOf(text) {
    return text.startsWith("/") ? this.titles.get(text) || this.words.pressed : text;
  }

  /** A turn has one note at most: waiting, typing or trouble. */
  setNote(place, note) {
    const old = place.querySelector(".note");
    if (old) old.remove();
    if (note) place.append(note);
  }

  setOwner(kind) {
    const { owner, ownerText, leave } = this.parts;
    owner.hidden = kind === "bot";
    owner.dataset.kind = kind;
    ownerText.textContent = this.words.owner[kind];
    leave.hidden = kind !== "queue";
  }

  print(receipt, href) {
    if (href) printInFrame(this.parts.root, receipt, href);
    else {
      markPrinted(this.parts.root, receipt);
      window.print();
    }
  }

  // ---- room

  /** By the room of the component, which on a page of others is not the window's. */
  fit(width, height) {
    const { root } = this.parts;
    root.classList.toggle("narrow", width <= NARROW);
    root.classList.toggle("wide", width >= WIDE && height > PHONE_LOW);
    root.classList.toggle("low", height > 0 && height <= PHONE_LOW);
  }

  /** What was at the end stays in view when a keyboard or a growing box takes room. */
  keepEnd(host) {
    const { log } = this.parts;
    let height = 0;
    const watch = new ResizeObserver(() => {
      this.fit(host.clientWidth, host.clientHeight);
      const wasAtEnd = log.scrollHeight - log.scrollTop - height < 40;
      height = log.clientHeight;
      if (wasAtEnd) this.scrollToEnd();
    });
    watch.observe(log);
    watch.observe(host);
  }

  scrollToEnd() {
    this.parts.log.scrollTop = this.parts.log.scrollHeight;
  }

  isSeen(place) {
    const { log } = this.parts;
    const bottom = place.offsetTop + place.offsetHeight;
    return place.offsetTop < log.scrollTop + log.clientHeight && bottom > log.scrollTop;
  }

  /** An answer longer than the window is shown from its beginning. */
  reveal(place) {
    this.parts.log.scrollTop = place.offsetTop - 8;
  }
}
