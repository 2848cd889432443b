// Which turns of the log are new here, and what they answer. The same turn may come by several ways: in the
// history, as an event, and as the response to what was sent.

export class History {
  constructor() {
    this.sequence = 0;
    this.at = "";
    this.said = new Set();
    this.answered = new Set();
    this.lastSaid = null;
  }

  /** A number that was there before with a later time is of a conversation forgotten and begun anew. */
  isNew({ sequence, at }) {
    const anew = sequence <= this.sequence && at > this.at;
    if (sequence <= this.sequence && !anew) return false;
    this.sequence = sequence;
    this.at = at || this.at;
    return true;
  }

  /** Whether the person's turn is not drawn yet. */
  isUnsaid(id) {
    this.lastSaid = id;
    return !id || !this.said.has(id);
  }

  /** The id of the message that a turn answers, or null. A failure keeps no id, so that it can be tried again. */
  answers({ reply_to: id, messages }) {
    const failed = messages.some((message) => message.kind === "error");
    return id || (failed ? this.lastSaid : null);
  }
}
