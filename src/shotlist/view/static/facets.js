// Facets: histograms that are brushed and values that are ticked. The form's fields are the filters, as they
// stand in the address; brushes write into them, and the pages listen to the form.

import { make } from "./base.js";
import { Brush, grouped } from "./brush.js";

export { grouped };

/** The filters of a form as they stand in an address: without what is empty. */
export function asked(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value !== "") query.append(name, value);
  return query;
}

/** Makes the facets below a node alive; those that are alive already stay as they are. */
export function enliven(node) {
  for (const place of node.querySelectorAll("[data-facet]")) facetOf(place);
}

/** Shows new counts in the facets below a node: `found` are facets as the server gives them. */
export function refresh(node, found) {
  const fresh = new Map(found.map((facet) => [facet.name, facet]));
  for (const place of node.querySelectorAll("[data-facet]")) {
    const facet = fresh.get(facetOf(place).facet.name);
    if (facet) facetOf(place).show(facet);
  }
}

/** The facets of a page that was fetched anew, out of its markup. */
export function facetsIn(node) {
  return [...node.querySelectorAll("[data-facet]")].map((place) => JSON.parse(place.dataset.facet));
}

/** Makes the fields say what an address says; what no field can show travels hidden. */
export function rewrite(form, query) {
  const left = [...query].filter(([name]) => !PASSING.has(name));
  const take = (name, fits = () => true) => {
    const k = left.findIndex((pair) => pair[0] === name && fits(pair[1]));
    return k < 0 ? null : left.splice(k, 1)[0][1];
  };
  for (const hidden of form.querySelectorAll("input[type=hidden]")) hidden.remove();
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = take(field.name, (value) => value === field.value) !== null;
    else field.value = take(field.name) ?? "";
  }
  form.prepend(...left.map(([name, value]) => make("input", { type: "hidden", name, value })));
  for (const place of form.querySelectorAll("[data-facet]")) facetOf(place).read();
}

const PASSING = new Set(["page", "facets", "part", "format", "token"]);

/** Shows the facets that hold a text in their names or values, and the groups that have any. */
export function nameFilter(field, node) {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const group of node.querySelectorAll("[data-group]")) {
      const told = [...group.querySelectorAll("[data-name]:not(.blank)")];
      for (const facet of told) facet.hidden = !called(facet).some((name) => name.toLowerCase().includes(wanted));
      const names = `${group.dataset.group} ${group.dataset.columns}`.toLowerCase();
      group.hidden = told.length ? told.every((facet) => facet.hidden) : !names.includes(wanted);
      group.dispatchEvent(new CustomEvent("filtered", { bubbles: true, detail: wanted }));
    }
  });
}

function called(facet) {
  return [facet.dataset.name, ...[...facet.querySelectorAll("[data-value]")].map((row) => row.dataset.value)];
}

const alive = new WeakMap();

function facetOf(place) {
  if (!alive.has(place)) {
    const facet = JSON.parse(place.dataset.facet);
    alive.set(place, facet.kind === "number" ? new Brush(place, facet) : new Values(place, facet));
  }
  return alive.get(place);
}

class Values {
  constructor(place, facet) {
    this.place = place;
    this.facet = facet;
    this.rows = new Map([...place.querySelectorAll("[data-value]")].map((row) => [row.dataset.value, row]));
    const clear = place.querySelector(".clear");
    clear?.addEventListener("click", () => {
      for (const box of place.querySelectorAll(":checked")) box.checked = false;
      this.read();
      place.dispatchEvent(new Event("change", { bubbles: true }));
    });
    place.addEventListener("change", () => this.read());
    this.read();
  }

  read() {
    this.place.classList.toggle("on", this.place.querySelector(":checked") !== null);
  }

  show(facet) {
    this.facet = facet;
    const most = Math.max(1, ...facet.values.map((value) => value.all));
    for (const value of facet.values) {
      const row = this.rows.get(String(value.value));
      if (!row) continue;
      row.querySelector(".now").setAttribute("width", `${(100 * value.now) / most}%`);
      row.querySelector(".n").textContent = grouped(value.now);
    }
  }
}
