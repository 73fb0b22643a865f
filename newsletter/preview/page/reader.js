// Whose copy is looked at: an edition, and a real reader of it or nobody.

const reader = { segment: memory.get("segment", null), person: memory.get("person", null) };

/** What names a copy to the preview. */
const asked = () => ({
  segment: reader.segment,
  person: reader.person?.id,
  addresses: choices.addresses ? "shown" : "",
});

function showEditions(editions) {
  if (!editions.some((each) => each.segment === reader.segment)) {
    reader.segment = editions[0].segment;
    reader.person = null;
  }
  fill("edition", ...editions.map((each) => make("option", { value: each.segment }, each.title)));
  $("edition").value = reader.segment;
  showReader();
}

function showReader() {
  $("reader-now").textContent = [$("edition").selectedOptions[0]?.textContent, reader.person?.name].filter(Boolean).join(" · ");
  memory.set("segment", reader.segment);
  memory.set("person", reader.person);
  const person = reader.person;
  if (!person) {
    const words = reader.segment
      ? "Nobody in particular: where a name would stand, the draft’s own default does."
      : "The copy that is nobody’s: no part for one segment alone, and only defaults.";
    fill("who", make("span", {}, words));
  } else {
    const of = person.of ? `reader ${count(person.place)} of ${count(person.of)}` : "";
    const more = [person.place_name, person.address, of].filter(Boolean).join(" · ");
    fill("who", make("b", {}, person.name || "(no name)"), make("span", {}, more));
  }
  for (const button of document.querySelectorAll("[data-step]")) {
    button.disabled = !reader.segment || !state.plan;
  }
  const segment = state.plan?.segments.find((each) => each.name === reader.segment);
  const nameless = document.querySelector("[data-step=nameless]");
  nameless.textContent = segment ? `No first name (${count(segment.nameless)})` : "No first name";
  nameless.disabled = !segment?.nameless;
  document.querySelector("[data-step=nobody]").disabled = !person;
}

/** Look at an edition, as this reader of it. */
async function lookAt(segment, person) {
  $("edition").value = segment;
  reader.segment = $("edition").value;
  reader.person = person;
  showReader();
  await showCopy();
}

/** Look at an edition, as nobody in particular. */
const chooseEdition = (segment) => lookAt(segment, null);

async function step(to) {
  if (to === "nobody") reader.person = null;
  else {
    const found = await source.step({ ...asked(), from: reader.person?.id, to });
    if (!found) notice("There is nobody like that in this edition.");
    else reader.person = found;
  }
  showReader();
  await showCopy();
}

/** After a change: the same reader if they still get it, by the place they have now. */
async function sameReader() {
  if (!reader.person || !state.plan) return;
  reader.person = await source.step({ ...asked(), from: reader.person.id, to: "same" });
  if (!reader.person) notice("The reader you looked at is no longer among those who get it.");
  else if (reader.person.segment !== reader.segment) {
    reader.segment = reader.person.segment;
    $("edition").value = reader.segment;
  }
  showReader();
}

async function findReaders() {
  const text = $("find").value.trim();
  if (!text || !reader.segment) { $("found").hidden = true; return; }
  const told = await source.people({ text, show: "sent", addresses: asked().addresses });
  if (text !== $("find").value.trim()) return;
  const shown = told.rows.slice(0, 8).map((row) => make("li", {}, make(
    "button", { type: "button", onclick: () => chooseReader(row) },
    row.name || "(no name)", make("small", {}, [row.place_name, row.address].filter(Boolean).join(" · ")),
  )));
  fill("found", ...(shown.length ? shown : [make("li", {}, make("p", {}, "Nobody who gets it fits that."))]));
  $("found").hidden = false;
}

async function chooseReader(row) {
  $("found").hidden = true;
  await lookAt(row.segment, await source.step({ segment: row.segment, from: row.id, to: "same", addresses: asked().addresses }));
}

function listenToReader() {
  $("edition").addEventListener("change", () => chooseEdition($("edition").value));
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => step(button.dataset.step));
  }
  $("find").addEventListener("input", paused(findReaders));
  $("find").addEventListener("keydown", (event) => {
    if (event.key === "Escape") $("found").hidden = true;
    if (event.key === "ArrowDown") { event.preventDefault(); $("found").querySelector("button")?.focus(); }
  });
  $("found").addEventListener("keydown", (event) => {
    const buttons = [...$("found").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape") { $("found").hidden = true; $("find").focus(); }
    if (event.key === "ArrowDown") { event.preventDefault(); buttons[(at + 1) % buttons.length]?.focus(); }
    if (event.key === "ArrowUp") { event.preventDefault(); (buttons[at - 1] || $("find")).focus(); }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".finder")) $("found").hidden = true;
  });
}
