// The box in which a person writes: its draft outlives a reload, its length is counted, it can be spoken into.

const LONGEST = 2000;
const COUNT_FROM = 1800;

/** In characters, as the server counts them. */
function lengthOf(text) {
  return Array.from(text).length;
}

export class Composer {
  /** parts of the shell; draft is {get(), set(text), remove()}; say(text) takes what is sent. */
  constructor(parts, words, draft, say) {
    Object.assign(this, { parts, words, draft, say });
    const { form, box } = parts;
    form.addEventListener("submit", (event) => this.onSubmit(event));
    box.addEventListener("keydown", (event) => this.onKey(event));
    box.addEventListener("input", () => this.onInput());
    this.write(draft.get() || "");
    this.listenTo(window.SpeechRecognition || window.webkitSpeechRecognition);
  }

  write(text) {
    this.parts.box.value = text;
    this.onInput();
  }

  /** Before what is being written there. */
  prepend(text) {
    this.write([text, this.parts.box.value.trim()].filter(Boolean).join("\n"));
    this.parts.box.focus();
  }

  onSubmit(event) {
    event.preventDefault();
    const text = this.parts.box.value.trim();
    if (!text || lengthOf(text) > LONGEST) {
      this.parts.box.focus();
      this.count();
      return;
    }
    this.write("");
    this.say(text);
  }

  /** Enter sends, but not the Enter that ends an input method's composition (229: how Safari says so). */
  onKey(event) {
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || composing) return;
    this.onSubmit(event);
  }

  onInput() {
    const { value } = this.parts.box;
    if (value) this.draft.set(value);
    else this.draft.remove();
    this.fit();
    this.count();
  }

  fit() {
    const { box } = this.parts;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + box.offsetHeight - box.clientHeight}px`;
  }

  /** Said aloud only when a limit is crossed, not at every key. */
  count() {
    const { box, counter, status } = this.parts;
    const length = lengthOf(box.value.trim());
    const over = length > LONGEST;
    const words = this.words.count(length.toLocaleString("en-US"));
    if (over && counter.dataset.over !== "true") status.textContent = this.words.overAloud;
    counter.hidden = length <= COUNT_FROM;
    counter.dataset.over = String(over);
    counter.textContent = over ? words + this.words.over : words;
    box.setAttribute("aria-invalid", String(over));
  }

  // ---- speaking: what was heard goes into the box, and out of it only by the person's own hand

  listenTo(Recognition) {
    if (!Recognition) return;
    const { speak } = this.parts;
    speak.hidden = false;
    speak.addEventListener("click", () => (this.ear ? this.ear.stop() : this.listen(new Recognition())));
  }

  listen(ear) {
    ear.lang = "zh-CN";
    ear.interimResults = false;
    ear.addEventListener("result", (event) => this.hear(event.results));
    ear.addEventListener("error", ({ error }) => this.notHeard(error));
    ear.addEventListener("end", () => this.setEar(null));
    this.tell("");
    this.setEar(ear);
    ear.start();
  }

  setEar(ear) {
    const { speak } = this.parts;
    this.ear = ear;
    speak.setAttribute("aria-pressed", String(Boolean(ear)));
    if (ear) this.tell(this.words.speaking);
    else if (this.parts.spoken.textContent === this.words.speaking) this.tell("");
  }

  hear(results) {
    const heard = Array.from(results, (result) => result[0].transcript).join("");
    this.write(this.parts.box.value + heard);
    this.parts.box.focus();
  }

  notHeard(error) {
    if (error === "aborted") return;
    this.tell(error === "not-allowed" ? this.words.notAllowed : this.words.notHeard);
  }

  tell(words) {
    const { spoken } = this.parts;
    spoken.textContent = words;
    spoken.hidden = !words;
  }
}
