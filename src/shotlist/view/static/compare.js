// A choice of how far apart cuts may lie is followed at once.
for (const form of document.querySelectorAll("form.within")) {
  form.addEventListener("change", () => form.requestSubmit());
  form.querySelector("button").hidden = true;
}
