// What is said and what becomes of it: under which turn an answer belongs, what is awaited, what went wrong.

import { ApiError } from "./yunjiu-chat-api.js";
import { History } from "./yunjiu-chat-history.js";
import { Outbox } from "./yunjiu-chat-outbox.js";
import * as render from "./yunjiu-chat-render.js";
import { explain } from "./yunjiu-chat-words.js";

export class Dialogue {
  /**
   * talk draws it; what is unsent is kept in memory under key; on is {ready(): resolves when what was said
   * before is drawn; send(item) resolves to the reply; edit(text): back into the box;
   * said(from, text, messages, id); failed(error, id)}.
   */
  constructor(talk, memory, key, on) {
    Object.assign(this, { talk, on, parts: talk.parts, words: talk.words });
    this.history = new History();
    /** Where the answer to a message belongs, by its id, for as long as it is awaited. */
    this.turnOf = new Map();
    /** Messages under way, by id; with the answer, if that came by another way before the response. */
    this.underWay = new Map();
    this.outbox = new Outbox(memory, key, (item) => this.deliver(item), {
      changed: (item) => this.showState(item),
      answered: (item, messages) => this.showAnswer(item.id, messages),
      failed: (item, error) => this.showFailure(item, error),
    });
  }

  /** The number of the last turn of the log that is known here. */
  get sequence() {
    return this.history.sequence;
  }

  get isUnsent() {
    return this.outbox.items.length > 0;
  }

  // ---- what the log of the server says

  /** A turn of the log, from the history or as it happens (then it is shown and told); seen before, nothing. */
  take(turn, live = true) {
    if (!this.history.isNew(turn)) return;
    if (turn.sequence === 1 && this.noHistory) this.noHistory.remove();
    if (turn.from === "person") this.takeWords(turn);
    else this.takeReply(turn, live);
  }

  /** In this tab's own turns the message is known already; in another's it is new. */
  takeWords({ text, message_id: id }) {
    if (!this.history.isUnsaid(id)) return;
    if (id) this.expect(id, this.talk.wordsOf(text));
    else this.talk.addTurn(this.talk.wordsOf(text));
  }

  takeReply(turn, live) {
    const id = this.history.answers(turn);
    const messages = turn.messages || [{ text: turn.text }];
    if (id && this.history.answered.has(id)) return;
    if (this.underWay.has(id)) {
      this.underWay.set(id, messages);
      return;
    }
    const item = this.outbox.find(id);
    if (item) this.outbox.drop(item);
    if (this.turnOf.has(id)) this.showAnswer(id, messages, live);
    else this.showUnasked(messages, turn.from, live);
    if (item) this.outbox.pump();
  }

  showNoHistory() {
    const actions = [[this.words.reload, () => window.location.reload()]];
    this.noHistory = render.trouble(this.words.noHistory, actions);
    this.parts.turns.append(this.noHistory);
  }

  // ---- saying something

  say(text, shown) {
    const item = this.outbox.add(text, shown);
    this.expect(item.id, shown);
    this.showState(item);
    this.talk.scrollToEnd();
    this.on.said("person", shown, [], item.id);
    this.outbox.pump();
  }

  /** Draws what was said under that id, under which the answer will stand. */
  expect(id, shown) {
    this.history.said.add(id);
    this.turnOf.set(id, this.talk.addTurn(shown));
  }

  async deliver(item) {
    await this.on.ready();
    return this.answerTo(item.id, () => this.on.send(item));
  }

  /** An answer that came as an event is as good as the response that was lost. */
  async answerTo(id, ask) {
    this.underWay.set(id, null);
    try {
      return await ask();
    } catch (error) {
      const came = this.underWay.get(id);
      if (came) return came;
      throw error;
    } finally {
      this.underWay.delete(id);
    }
  }

  /** What the server already has is asked for again, under the same id; the rest waits for a press. */
  drawUnsent() {
    const items = this.outbox.items.slice();
    const held = items.find((item) => this.turnOf.has(item.id));
    for (const item of items.filter((other) => !this.turnOf.has(other.id))) {
      this.expect(item.id, item.shown);
      this.offerAgain(item, this.words.unsent);
    }
    // Not awaited: delivering waits until all this is drawn.
    if (held) this.outbox.resume(held);
  }

  resumeAfterOutage() {
    const next = this.outbox.next();
    if (next && next.state === "failed" && next.lost) this.outbox.resend(next);
  }

  // ---- what became of it

  setNote(id, note) {
    this.talk.setNote(this.turnOf.get(id), note);
  }

  showState({ id, state }) {
    if (state === "waiting") this.setNote(id, render.note(this.words.waiting));
    if (state === "sending") this.setNote(id, render.typing(this.words));
    if (state !== "waiting") this.parts.status.textContent = state === "sending" ? this.words.isAnswering : "";
  }

  showAnswer(id, messages, live = true) {
    const place = this.turnOf.get(id);
    const seen = this.talk.isSeen(place);
    this.turnOf.delete(id);
    this.history.answered.add(id);
    this.talk.setNote(place, messages.length ? null : render.note(this.words.received));
    this.talk.addMessages(place, messages);
    if (!live) return;
    this.parts.status.textContent = "";
    this.reveal(seen ? place : null, messages, "assistant", id);
  }

  showUnasked(messages, author, live) {
    const place = this.talk.addTurn("");
    this.talk.addMessages(place, messages, author === "agent" ? "agent" : "assistant");
    if (live) this.reveal(place, messages, author, null);
  }

  reveal(place, messages, author, id) {
    if (place) this.talk.reveal(place);
    this.on.said(author, messages.map((message) => message.text).join("\n"), messages, id);
  }

  showFailure(item, error) {
    const known = error instanceof ApiError ? error : new ApiError("server");
    item.lost = known.code === "network";
    this.offerAgain(item, explain(this.words, known));
    this.on.failed(known, item.id);
  }

  offerAgain(item, sentence) {
    const place = this.turnOf.get(item.id);
    const seen = this.talk.isSeen(place);
    const actions = [
      [this.words.resend, () => this.resend(item)],
      [this.words.edit, () => this.edit(item)],
    ];
    this.talk.setNote(place, render.trouble(sentence, actions));
    if (seen) this.talk.reveal(place);
  }

  /** The order on the page is the order in which the server hears. */
  resend(item) {
    const place = this.turnOf.get(item.id);
    if (item.state === "refused") this.parts.turns.append(place);
    place.focus({ preventScroll: true });
    this.outbox.resend(item);
    this.talk.reveal(place);
  }

  edit(item) {
    this.outbox.drop(item);
    this.turnOf.get(item.id).remove();
    this.turnOf.delete(item.id);
    this.on.edit(item.text.startsWith("/") ? "" : item.text);
    this.outbox.pump();
  }
}
