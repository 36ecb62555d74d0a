// The tasks at the desk that are about captions: pick the best, accept or reject, edit.
//
// A task is {element, keys, key(event), answer(), begin()}: `keys` are told in the help, `key` says whether it took a
// key, `answer` is what is sent, or a sentence that says what is missing.

import { make } from "./base.js";

const NUMBERS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-", "="];

/** Buttons of which one is chosen, each with its key. */
class Choices {
  constructor(label, list, choose) {
    this.list = list;
    this.choose = choose;
    this.buttons = list.map(({ key, text, small }) =>
      make("button", { type: "button", class: small ? "choice small" : "choice", "aria-pressed": "false", "aria-keyshortcuts": key }, make("kbd", {}, key), make("span", { dir: "auto" }, text)),
    );
    this.element = make("div", { class: "choices", role: "group", "aria-label": label }, ...this.buttons);
    this.buttons.forEach((button, k) => button.addEventListener("click", () => this.take(k)));
  }

  take(k, tell = true) {
    this.chosen = this.list[k];
    this.buttons.forEach((button, n) => button.setAttribute("aria-pressed", String(n === k)));
    this.buttons[k].scrollIntoView({ block: "nearest" });
    if (tell) this.choose();
  }

  /** Choose by value without telling anybody. */
  restore(test) {
    const k = this.list.findIndex(test);
    if (k >= 0) this.take(k, false);
  }

  key(event) {
    const k = this.list.findIndex(({ key, also }) => key === event.key || also === event.key);
    if (k < 0) return false;
    this.take(k);
    return true;
  }
}

function pressed(field, event) {
  if (event.key !== "w") return false;
  field.focus();
  return true;
}

export function pickTask({ clip, answer, choose }) {
  const captions = clip.options.map((option, k) => ({ key: NUMBERS[k], text: option.text, value: option.key }));
  const choices = new Choices("Which caption is best?", [...captions, { key: "b", text: captions.length ? "All are bad" : "There is no caption", value: "all bad", small: true }], choose);
  if (answer) choices.restore(({ value }) => value === answer.choice);
  return {
    element: make("div", { class: "desk-pick" }, make("h2", {}, "Which caption is best?"), choices.element),
    keys: [[captions.length > 1 ? `1 – ${captions.at(-1).key}` : "1", "choose a caption"], ["b", "all are bad"]],
    key: (event) => choices.key(event),
    answer: () => (choices.chosen ? { choice: choices.chosen.value } : "Choose a caption first, by its number; b says that all are bad."),
  };
}

export function judgeTask({ clip, answer, choose, reasons }) {
  const list = [
    { key: "1", also: "a", text: "Accept", choice: "accept", reason: null },
    ...reasons.map((reason, k) => ({ key: NUMBERS[k + 1], text: `Reject: ${reason}`, choice: "reject", reason })),
    { key: "r", text: "Reject for another reason", choice: "reject", reason: null, small: true },
  ];
  const words = make("input", { id: "words", maxlength: "2000", autocomplete: "off", placeholder: "Own words, if you like" });
  const choices = new Choices("Accept or reject?", list, () => choose());
  if (answer) {
    choices.restore(({ choice, reason }) => choice === answer.choice && reason === (reasons.includes(answer.reason) ? answer.reason : null));
    words.value = answer.text ?? (reasons.includes(answer.reason) ? "" : (answer.reason ?? ""));
  }
  const caption = clip.options[0]?.text;
  return {
    element: make(
      "div",
      { class: "desk-judge" },
      make("h2", {}, "Good enough?"),
      caption ? make("blockquote", { dir: "auto", tabindex: "0", "aria-label": "Caption" }, caption) : null,
      choices.element,
      make("label", { class: "own", for: "words" }, make("span", {}, "Own words ", make("kbd", {}, "w")), words),
    ),
    keys: [["1 a", "accept"], ...(reasons.length ? [[reasons.length > 1 ? `2 – ${NUMBERS[reasons.length]}` : "2", "reject, for that reason"]] : []), ["r", "reject for another reason"], ["w", "write own words; Enter confirms"]],
    key: (event) => choices.key(event) || pressed(words, event),
    answer: () => (choices.chosen ? { choice: choices.chosen.choice, reason: choices.chosen.reason, text: words.value } : "Accept (1) or reject first."),
  };
}

export function editTask({ clip, answer }) {
  const before = clip.options[0]?.text ?? "";
  const field = make("textarea", { id: "caption", dir: "auto", spellcheck: "true", rows: "8", maxlength: "20000", "aria-describedby": "captionabout" });
  const about = make("small", { id: "captionabout", role: "status" });
  const reset = make("button", { type: "button" }, "As it was");
  const tell = () => {
    const words = field.value.trim().split(/\s+/).filter(Boolean).length;
    const same = field.value.trim() === before;
    about.textContent = `${words} ${words === 1 ? "word" : "words"}${same ? ", unchanged: saving confirms it" : ""}`;
    reset.disabled = same;
    document.querySelector("#confirm").textContent = same ? "Right as it is" : "Save";
  };
  field.value = answer?.text ?? before;
  field.addEventListener("input", tell);
  reset.addEventListener("click", () => {
    field.value = before;
    tell();
    field.focus();
  });
  return {
    element: make("div", { class: "desk-edit" }, make("h2", {}, make("label", { for: "caption" }, "Put the caption right")), field, make("div", { class: "acts" }, about, reset)),
    keys: [["e", "into the text"]],
    key(event) {
      if (event.key !== "e") return false;
        field.focus();
      return true;
    },
    answer: () => (field.value.trim() ? { choice: "edited", text: field.value } : "The caption is empty: write one, or skip the clip."),
    begin() {
      tell();
      field.focus({ preventScroll: true });
      field.setSelectionRange(0, 0);
    },
  };
}
