// One copy from every side: in its frames, in the inbox, as plain text, and what stands behind it.

const choices = {
  width: memory.get("width", window.innerWidth > 1500 ? "all" : window.innerWidth > 960 ? "desktop" : "phone"),
  look: memory.get("look", "light"),
  client: memory.get("client", "any"),
  pictures: true,
  marking: true,
  addresses: false,
};

let copy = null;
let copyAsked = 0;

/** Draw the copy that is looked at on every side, the frames first. Only the latest wish counts. */
async function showCopy() {
  const mine = ++copyAsked;
  showFrames();
  const told = await source.copy(asked());
  if (mine !== copyAsked) return;
  copy = told;
  redress();
  showAbout();
  showInbox();
  showText();
  showInside();
}

function showFrames() {
  layOut(choices.width);
  const look = choices.look === "dark" ? "dark" : "light";
  load({ segment: reader.segment, person: reader.person?.id, client: choices.client, look }, state.number, dress);
}

/** What is said of the frames, beside them. */
function showAbout() {
  const differs = copy.differences;
  $("differences").textContent = reader.segment ? count(differs) : "";
  $("between").hidden = !differs || !choices.marking;
  $("fact-mail").textContent = differs ? many(differs, "place differs", "places differ") : "";
  $("view-words").textContent = viewWords();
  $("tools-now").textContent = ["width", "look", "client"]
    .map((name) => document.querySelector(`[name=${name}][value=${choices[name]}] + span`).textContent)
    .join(" · ");
}

function viewWords() {
  const words = [];
  if (choices.client === "outlook") {
    words.push("Outlook on Windows draws mail with Word. These are the parts meant for it, without what Word does not know; its own spacing may differ.");
  }
  if (choices.client === "gmail") {
    words.push("What Gmail leaves of the mail: it drops styles it does not know, and cuts after about 102 KB. It has no dark styles; its phone apps may invert.");
  }
  if (choices.look === "dark" && choices.client === "any") {
    words.push(copy.dark
      ? "The mail’s own dark styles, as Apple Mail and the new Outlook show them."
      : "This mail has no dark styles of its own, so programs that would heed them show it light.");
  }
  if (choices.look === "inverted") words.push("Some programs turn all colours around by force. This is what that does.");
  if (copy.pictures.length) {
    words.push(`The mail has pictures from ${copy.pictures.join(", ")}. They are not fetched here: grey boxes stand for them.`);
  }
  return words.join(" ");
}

/** Put today's choices on a frame that has just loaded. */
function dress(frame) {
  const there = frame.contentDocument;
  const root = there.documentElement;
  frame.classList.toggle("dark", choices.look === "dark" && copy?.dark && choices.client === "any");
  root.classList.toggle("inverted", choices.look === "inverted");
  root.classList.toggle("marking", choices.marking && Boolean(reader.segment));
  for (const picture of there.images) {
    if (!choices.pictures && picture.hasAttribute("src")) {
      picture.dataset.src = picture.getAttribute("src");
      picture.removeAttribute("src");
    } else if (choices.pictures && picture.dataset.src) {
      picture.setAttribute("src", picture.dataset.src);
    }
  }
}

const redress = () => inFrames((_, device) => dress(device.frame));

let difference = -1;

/** Go to the next place that differs, or the one before. */
function goToDifference(step) {
  inFrames((there) => {
    const places = [...there.querySelectorAll("[data-differs]")].filter((each) => each.getClientRects().length);
    if (!places.length) return;
    difference = (difference + step + places.length) % places.length;
    places[difference].scrollIntoView({ block: "center" });
  });
}

/** Go to the place in the mail where these words stand; whether there is one. */
function goToWords(words) {
  const plain = (text) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  const wanted = plain(words.replace(/\]\([^)]*\)/g, " ").replace(/\{\{[^}]*\}\}/g, " "));
  let found = false;
  inFrames((there) => {
    for (const old of there.querySelectorAll("[data-found]")) old.removeAttribute("data-found");
    const blocks = [...there.querySelectorAll("h1, h2, h3, h4, p, li, td, th, blockquote, pre")];
    const holds = (block, part) => part && plain(block.textContent).includes(part);
    for (const length of [60, 30, 15]) {
      const block = blocks.filter((each) => holds(each, wanted.slice(0, length).trim())).pop();
      if (block) {
        block.dataset.found = "";
        block.scrollIntoView({ block: "center" });
        found = true;
        return;
      }
    }
  });
  return found;
}

const CUT = { sender: "The sender is", subject: "The subject is", preheader: "The words after it are" };
const LOST_SHOWN = 70;

function showInbox() {
  fill("inboxes", ...copy.inbox.map((line) => {
    const part = (name) => make("span", { className: name }, line[name][0]);
    const cuts = Object.entries(CUT).map(([name, word]) => cutWords(word, line[name]));
    const sides = line.client === "phone"
      ? [part("sender"), part("subject"), part("preheader")]
      : [part("sender"), make("span", {}, part("subject"), part("preheader"))];
    return make(
      "div", { className: "card inbox", data: { client: line.client } },
      make("h3", {}, line.client === "phone" ? "On a phone" : "On a desktop"),
      make("div", { className: "line" },
        make("div", { className: "other" }), make("div", { className: "ours" }, ...sides), make("div", { className: "other" })),
      make("ul", {}, ...cuts),
    );
  }));
  const cut = copy.inbox.filter((line) => line.subject[1]).map((line) => line.client);
  $("fact-inbox").textContent = cut.length ? `subject cut on a ${cut[0]}` : "subject fits";
}

function cutWords(part, [shown, lost]) {
  if (!shown) return make("li", { className: "lost" }, `${part} not shown: there is no room.`);
  if (!lost) return make("li", {}, `${part} shown whole.`);
  const few = lost.length > LOST_SHOWN ? `${lost.slice(0, LOST_SHOWN)}…` : lost;
  return make("li", { className: "lost" }, `${part} cut. What falls off: `, make("q", {}, few));
}

function showText() {
  const lines = copy.text.flatMap(([line, differs]) => [
    differs && reader.segment ? make("mark", {}, line) : line, "\n",
  ]);
  fill("text", ...lines);
  $("fact-text").textContent = many(copy.text.length, "line", "lines");
}

function showInside() {
  const share = copy.size / copy.limit;
  const kind = share >= 0.98 ? "error" : share >= 0.78 ? "warning" : "good";
  const bar = make("i");
  bar.style.width = `${Math.min(100, share * 100)}%`;
  fill("size",
    make("p", {}, `The designed mail is ${kilobytes(copy.size)}. Gmail cuts after about 102 KB, and the disclaimer stands at the end.`),
    make("div", { className: "meter", data: { kind } }, bar),
    make("p", { className: "aside" }, `With the plain text${copy.attached ? `, ${copy.attached}` : ""} and the headers, ${kilobytes(copy.whole)} leave for each reader.`));
  $("fact-inside").textContent = `${kilobytes(copy.size)} of 102 KB`;
  fill("merged", ...(copy.merged.length
    ? copy.merged.flatMap((each) => [
      make("dt", {}, each.name),
      make("dd", {}, each.value, " ", each.default ? make("span", { className: "tag" }, "the draft’s default") : null)])
    : [make("dd", {}, "Nothing: every reader of this edition gets the same words.")]));
  fill("headers", ...copy.headers.map((each) => make("div", {},
    make("dt", {}, each.name), make("dd", {}, make("code", {}, each.value), make("p", {}, each.words)))));
  $("source-words").textContent = reader.person && !choices.addresses
    ? "The reader’s address is masked here. Tick “Show addresses” under “Who gets it” to see every byte."
    : "Every byte, but for the date and the unsubscribe links, which do nothing in a preview.";
  $("save").href = `message.eml?${query({ segment: reader.segment, person: reader.person?.id })}`;
  if ($("source-details").open) showSource();
}

async function showSource() {
  $("source").textContent = await source.source(asked());
}

function listenToMail() {
  for (const input of document.querySelectorAll("input[type=radio]")) {
    input.checked = choices[input.name] === input.value;
    input.addEventListener("change", () => {
      choices[input.name] = input.value;
      memory.set(input.name, input.value);
      showFrames();
      if (copy) showAbout();
    });
  }
  for (const name of ["pictures", "marking"]) {
    $(name).addEventListener("change", () => {
      choices[name] = $(name).checked;
      $("between").hidden = !copy?.differences || !choices.marking;
      redress();
    });
  }
  $("next-difference").addEventListener("click", () => goToDifference(1));
  $("previous-difference").addEventListener("click", () => goToDifference(-1));
  $("source-details").addEventListener("toggle", () => { if ($("source-details").open) showSource(); });
  window.addEventListener("resize", paused(() => { if (copy) layOut(choices.width); }));
}
