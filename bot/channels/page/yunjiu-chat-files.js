// A photograph or a PDF that the person chooses, sent at once as a turn of the dialogue.

import { ApiError } from "./yunjiu-chat-api.js";
import { newId } from "./yunjiu-chat-outbox.js";
import * as render from "./yunjiu-chat-render.js";
import { explainFile } from "./yunjiu-chat-words.js";

const LARGEST = 10 * 1024 * 1024;

export class Files {
  /** on is {send(file, id) resolves to the reply; failed(error)}. */
  constructor(dialogue, on) {
    Object.assign(this, { dialogue, on, talk: dialogue.talk, parts: dialogue.parts, words: dialogue.words });
    const { attach, file } = this.parts;
    attach.addEventListener("click", () => file.click());
    file.addEventListener("change", () => this.onFile());
  }

  onFile() {
    const [chosen] = this.parts.file.files;
    this.parts.file.value = "";
    if (!chosen) return;
    const id = newId();
    this.dialogue.expect(id, `〔${chosen.name}〕`);
    if (chosen.size <= LARGEST) this.send(chosen, id);
    else this.dialogue.setNote(id, render.trouble(this.words.fileTooLarge, []));
    this.talk.scrollToEnd();
  }

  async send(file, id) {
    const { status } = this.parts;
    this.dialogue.setNote(id, render.typing(this.words));
    status.textContent = this.words.sendingFile;
    try {
      this.dialogue.showAnswer(id, await this.dialogue.answerTo(id, () => this.on.send(file, id)));
    } catch (error) {
      this.showFailure(file, id, error instanceof ApiError ? error : new ApiError("server"));
    }
    status.textContent = "";
  }

  /** A file that was refused would be refused again. */
  showFailure(file, id, error) {
    const place = this.dialogue.turnOf.get(id);
    const again = () => {
      place.focus({ preventScroll: true });
      this.send(file, id);
    };
    const actions = error.final ? [] : [[this.words.resend, again]];
    this.talk.setNote(place, render.trouble(explainFile(this.words, error), actions));
    this.talk.reveal(place);
    this.on.failed(error);
  }
}
