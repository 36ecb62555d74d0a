// Sends decisions. One that can't be sent is kept in the browser and tried again until the server has stored it.

import { ask } from "./base.js";

const KEPT = "shotlist.decision.";
const PAUSES = [500, 1000, 2000, 4000];
const PATIENCE = 15000; // milliseconds for one try

/** Names a decision wherever the page comes from; randomUUID is not there over plain HTTP. */
function newId() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keep(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing still sends.
  }
}

function kept() {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(KEPT))
      .map((key) => [key, JSON.parse(localStorage.getItem(key))]);
  } catch {
    return [];
  }
}

export class Post {
  /** `say(sentence, bad)` tells what is going on. */
  constructor(address, say) {
    Object.assign(this, { address, say, wake: () => {} });
    addEventListener("online", () => this.wake());
    document.addEventListener("keydown", (event) => event.key === "Enter" && this.wake());
  }

  /** Returns how far the person is when the decision is stored; throws the server's sentence where it is refused. */
  async send(what, at, id = newId()) {
    const decision = { id, ...what };
    const key = KEPT + id;
    keep(key, { address: this.address, at, decision });
    for (let tries = 0; ; tries += 1) {
      try {
        const answer = await this.once(decision);
        keep(key, null);
        this.say("");
        return answer;
      } catch (error) {
        if (error.refused) {
          keep(key, null);
          throw error;
        }
        this.say(`Not stored yet: ${error.message} Your choice is kept and sent again by itself; Enter tries now.`, true);
      }
      await this.pause(PAUSES[Math.min(tries, PAUSES.length - 1)]);
    }
  }

  async once(decision) {
    let answer;
    try {
      answer = await fetch(this.address, {
        method: "POST",
        headers: { accept: "application/json", "content-type": "application/json" },
        body: JSON.stringify(decision),
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      throw new Error("the viewer does not answer.");
    }
    const found = await answer.json().catch(() => ({}));
    if (answer.ok && found.stored) return found;
    const sentence = found.error ?? `the viewer answered ${answer.status}.`;
    throw Object.assign(new Error(sentence), { refused: answer.status === 400 || answer.status === 404 });
  }

  pause(milliseconds) {
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, milliseconds);
    });
  }

  /** Send what an earlier visit could not; a clip that was decided since is left as it is. */
  async resume(who) {
    for (const [key, { address, at, decision }] of kept()) {
      if (address !== this.address || decision.who !== who) continue;
      const now = await ask(`${address}?${new URLSearchParams({ who, at, format: "json" })}`);
      const open = now.clip?.clip_id === decision.clip_id && !now.clip.answer;
      if (!open && decision.choice !== "withdrawn") keep(key, null);
      else await this.send(decision, at, decision.id).catch(() => keep(key, null));
    }
  }
}
