// The page of an export: filters, order, and one clip at a time. A classic script, because pages in files load no others.
"use strict";
(() => {
  const { clips, columns, facets } = window.shotlist;
  const root = document.documentElement;
  const list = document.getElementById("cards");
  const cards = [...list.children];
  const field = document.getElementById("q");
  const sort = document.getElementById("sort");
  const dialog = document.getElementById("clip");
  const named = new Map(columns.map((column) => [column.name, column]));
  const texts = clips.map((clip) => [clip.name, clip.caption, clip.rule, clip.mark, ...clip.captions.map(({ text }) => text), ...clip.transcript.flatMap(({ lines }) => lines.map(({ text }) => text)), ...clip.notes.flatMap(({ pieces }) => pieces.map(({ text }) => text))].join(" ").toLowerCase());
  const chosen = new Map(facets.map((name) => [name, new Set()]));
  let shown = clips.map((_, k) => k);
  let now = -1;
  root.classList.add("scripted");

  /** An element with attributes and children; texts are texts, never markup. */
  function make(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  function clock(us) {
    const tenths = Math.max(0, Math.round(us / 1e5));
    const minutes = Math.floor(tenths / 600);
    const hours = Math.floor(minutes / 60);
    const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
    return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
  }

  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  // Light and dark

  document.querySelector(".theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  // Filters and order

  const valuesOf = (k, name) => [clips[k].values[name]].flat().filter((value) => value !== null && value !== undefined).map(String);
  const hits = (k, but) => facets.every((name) => name === but || !chosen.get(name).size || valuesOf(k, name).some((value) => chosen.get(name).has(value)));

  function words() {
    return field.value.toLowerCase().split(/\s+/).filter(Boolean);
  }

  function update(push = true) {
    const wanted = words();
    const said = clips.map((_, k) => wanted.every((word) => texts[k].includes(word)));
    const order = [...clips.keys()];
    const name = sort.value.replace(/^-/, "");
    const falls = sort.value.startsWith("-") ? -1 : 1;
    if (name === "name") order.sort((a, b) => clips[a].name.localeCompare(clips[b].name) || a - b);
    else if (name) order.sort((a, b) => compared(number(a, name), number(b, name), falls) || a - b);
    shown = order.filter((k) => said[k] && hits(k));
    const there = new Set(shown);
    for (const k of order) cards[k].hidden = !there.has(k);
    list.append(...order.map((k) => cards[k]));
    tally(said);
    const limited = wanted.length > 0 || facets.some((facet) => chosen.get(facet).size);
    document.getElementById("found").textContent = limited ? `${shown.length.toLocaleString("en")} of ${count(clips.length, "clip")}` : count(clips.length, "clip");
    document.getElementById("clear").hidden = !limited;
    document.getElementById("none").hidden = shown.length > 0;
    if (push) remember();
  }

  const number = (k, name) => (name === "seconds" ? clips[k].seconds : clips[k].values[name]) ?? null;

  function compared(a, b, falls) {
    if (a === null || b === null) return (a === null) - (b === null); // what was not measured comes last
    return falls * (a - b);
  }

  function draw() {
    const place = document.getElementById("facets");
    for (const name of facets) {
      const values = new Map();
      clips.forEach((_, k) => valuesOf(k, name).forEach((value) => values.set(value, (values.get(value) ?? 0) + 1)));
      const labels = [...values].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([value]) => {
        const box = make("input", { type: "checkbox", value, "data-facet": name });
        box.addEventListener("change", () => {
          if (box.checked) chosen.get(name).add(value);
          else chosen.get(name).delete(value);
          update();
        });
        return make("label", {}, box, told(value), make("small", { "data-count": value }));
      });
      place.append(make("fieldset", { "data-facet": name }, make("legend", {}, named.get(name)?.label ?? name), ...labels));
    }
  }

  const told = (value) => ({ true: "yes", false: "no" })[value] ?? value;

  function tally(said) {
    for (const set of document.querySelectorAll("#facets fieldset")) {
      const name = set.dataset.facet;
      const counted = new Map();
      clips.forEach((_, k) => {
        if (said[k] && hits(k, name)) valuesOf(k, name).forEach((value) => counted.set(value, (counted.get(value) ?? 0) + 1));
      });
      for (const small of set.querySelectorAll("small")) small.textContent = counted.get(small.dataset.count) ?? 0;
    }
  }

  // The address holds what one looks at

  function remember() {
    const query = new URLSearchParams();
    if (field.value.trim()) query.set("q", field.value.trim());
    if (sort.value) query.set("sort", sort.value);
    for (const [name, values] of chosen) for (const value of values) query.append(`f.${name}`, value);
    if (now >= 0) query.set("clip", clips[now].clip_id);
    try {
      history.replaceState(null, "", query.size ? `#${query}` : location.pathname + location.search);
    } catch {
      // Some browsers keep the address of a file as it is.
    }
  }

  function recall() {
    const query = new URLSearchParams(location.hash.slice(1));
    field.value = query.get("q") ?? "";
    sort.value = query.get("sort") ?? "";
    if (sort.selectedIndex < 0) sort.value = "";
    for (const name of facets) chosen.set(name, new Set(query.getAll(`f.${name}`)));
    let some = false;
    for (const box of document.querySelectorAll("#facets input")) {
      box.checked = chosen.get(box.dataset.facet).has(box.value);
      some ||= box.checked;
    }
    if (some || innerWidth > 900) document.getElementById("filters").open = true;
    update(false);
    const k = clips.findIndex(({ clip_id }) => clip_id === query.get("clip"));
    if (k >= 0) open(k);
  }

  // One clip

  function open(k) {
    now = k;
    dialog.replaceChildren(sheet(clips[k], k));
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".body").focus({ preventScroll: true });
    dialog.querySelector("video")?.play().catch(() => {});
    remember();
  }

  function step(by) {
    const to = shown[shown.indexOf(now) + by];
    if (to !== undefined) open(to);
  }

  function sheet(clip, k) {
    const at = shown.indexOf(k);
    const button = (label, sign, by) => {
      const made = make("button", { type: "button", "aria-label": label, title: label, disabled: shown[at + by] === undefined }, sign);
      made.addEventListener("click", () => step(by));
      return made;
    };
    const close = make("button", { type: "button", "aria-label": "Close" }, "×");
    close.addEventListener("click", () => dialog.close());
    const status = clip.status === "kept" ? null : make("span", { class: `chip ${clip.status}` }, clip.rule ? `dropped by ${clip.rule}` : clip.status);
    const head = make("header", {},
      make("h2", { id: "clip-title" }, clip.name, make("small", {}, `${clock(clip.start_us)}–${clock(clip.end_us)}`)), status,
      make("nav", { "aria-label": "Other clips" }, button("Previous (p)", "‹", -1), at >= 0 ? `${at + 1} of ${shown.length}` : "", button("Next (n)", "›", 1), close));
    return make("div", { class: "sheet" }, head, make("div", { class: "body", tabindex: 0, autofocus: true }, watch(clip), aside(clip), ...more(clip)));
  }

  function watch(clip) {
    const poster = clip.still ?? undefined;
    const film = clip.film
      ? make("video", { src: clip.film, poster, controls: true, loop: true, playsinline: true, preload: "auto", "aria-label": "The clip" })
      : make("p", { class: "notice bad" }, "This clip has no film here. ", clip.missing ?? "");
    const still = !clip.film && poster ? make("img", { class: "poster", src: poster, alt: "" }) : null;
    return make("section", { "aria-label": "Film" }, film, still);
  }

  function aside(clip) {
    const parts = [make("section", {}, make("h3", {}, "Caption"), make("p", { class: "final" }, clip.caption ?? "No caption was written for this clip."))];
    if (clip.why) parts.push(make("p", { class: "note" }, clip.why));
    for (const track of clip.transcript) parts.push(said(track));
    return make("div", { class: "aside" }, ...parts);
  }

  function said({ name, language, lines }) {
    const items = lines.map((line) => {
      const when = make("button", { type: "button", "aria-label": `Play from ${clock(line.start_us)}` }, clock(line.start_us));
      when.addEventListener("click", () => {
        const video = dialog.querySelector("video");
        if (video) video.currentTime = Math.max(0, line.start_us / 1e6);
      });
      return make("li", { "data-start": line.start_us, "data-end": line.end_us }, when, make("p", {}, line.speaker ? make("b", {}, `${line.speaker} `) : null, line.text));
    });
    return make("section", {}, make("h3", {}, language ? `${name}, ${language}` : name), make("ol", { class: "said" }, ...items));
  }

  function* more(clip) {
    if (clip.captions.length > 1) {
      const own = clip.captions.find(({ text, compared }) => text && !compared.length);
      const cards = clip.captions.map((one) => make("article", { class: "card" }, make("h4", {}, one.table), ...pieces(one), make("small", {}, [one.model, count(one.words, "word"), one.shared === null || !one.text ? null : `${Math.round(100 * one.shared)} % shared`].filter(Boolean).join(", "))));
      yield make("section", { class: "wide" }, make("h3", {}, own ? `Captions; words that differ from ${own.table} are marked` : "Captions"), make("div", { class: "captions" }, ...cards));
    }
    for (const { table, pieces: parts } of clip.notes) {
      const items = parts.map((part) => make("li", {}, part.time_us ?? part.start_us ? make("small", {}, clock((part.time_us ?? part.start_us) - clip.start_us)) : null, part.text));
      yield make("details", { class: "wide" }, make("summary", {}, `${table}, ${count(parts.length, "piece")}`), make("ol", { class: "pieces" }, ...items));
    }
    const rows = columns.filter(({ name, table }) => table !== "decisions" && clip.values[name] !== null && clip.values[name] !== undefined);
    const cells = rows.map(({ name, label, unit }) => make("div", {}, make("dt", {}, label, unit && !label.endsWith(unit) ? make("small", {}, ` ${unit}`) : null), make("dd", {}, value(clip.values[name]))));
    if (cells.length) yield make("section", { class: "wide" }, make("h3", {}, "Measures"), make("dl", { class: "numbers" }, ...cells));
    const { file, url, title, id, tags } = clip.source;
    const link = url ? make("a", { href: url, rel: "noreferrer noopener" }, url) : null;
    yield make("section", { class: "wide" }, make("h3", {}, "Where it comes from"), make("p", {}, [title, file, id, tags.join(", ")].filter(Boolean).join(" · "), link ? " · " : "", link), make("p", {}, make("code", {}, clip.clip_id)));
  }

  function pieces({ text, compared, failure }) {
    if (!text) return [make("p", { class: "note" }, failure ?? "nothing to say")];
    if (!compared.length) return [make("p", {}, text)];
    return [make("p", {}, ...compared.map(([part, differs]) => (differs ? make("mark", {}, part) : part)))];
  }

  function value(told_value) {
    if (typeof told_value === "boolean") return told_value ? "yes" : "no";
    if (typeof told_value === "number") return Number.isInteger(told_value) ? told_value.toLocaleString("en") : told_value.toPrecision(4).replace(/\.?0+$/, "");
    return Array.isArray(told_value) ? told_value.join(", ") || "none" : told_value;
  }

  dialog.addEventListener("timeupdate", ({ target }) => {
    for (const line of dialog.querySelectorAll("[data-start]")) {
      const us = target.currentTime * 1e6;
      if (us >= Number(line.dataset.start) && us < Number(line.dataset.end)) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }, true);
  dialog.addEventListener("close", () => {
    if (dialog.open) return; // another clip was opened before this was told
    const card = cards[now];
    now = -1;
    dialog.replaceChildren();
    remember();
    card?.querySelector("a").focus();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  list.addEventListener("click", (event) => {
    const shot = event.target.closest("a.shot");
    if (!shot || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    stop();
    open(Number(shot.closest("li").dataset.k));
  });

  // Films play while they are pointed at

  let playing = null;
  function stop() {
    playing?.remove();
    playing = null;
  }
  list.addEventListener("pointerover", (event) => {
    const shot = event.target.closest("a.shot");
    if (event.pointerType === "touch" || !shot || shot.contains(playing) || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    stop();
    const { film } = clips[shot.closest("li").dataset.k];
    if (!film) return;
    playing = make("video", { src: film, muted: true, loop: true, playsinline: true, "aria-hidden": "true", tabindex: "-1" });
    playing.muted = true;
    shot.append(playing);
    playing.play().catch(() => {});
  });
  list.addEventListener("pointerout", (event) => {
    const shot = event.target.closest("a.shot");
    if (shot && !shot.contains(event.relatedTarget)) stop();
  });

  // Keys

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === "/" && !dialog.open) {
      event.preventDefault();
      field.focus();
    } else if (dialog.open && (event.key === "n" || event.key === "p")) step(event.key === "n" ? 1 : -1);
  });

  document.getElementById("find").addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", () => update());
  sort.addEventListener("change", () => update());
  document.getElementById("clear").addEventListener("click", () => {
    field.value = "";
    for (const values of chosen.values()) values.clear();
    for (const box of document.querySelectorAll("#facets input")) box.checked = false;
    update();
  });
  addEventListener("hashchange", () => !dialog.open && recall());
  draw();
  recall();
})();
