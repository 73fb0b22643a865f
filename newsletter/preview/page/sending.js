// To whom and how, a test for oneself, the receipt, the yes bound to it, and the command that sends.

function showSending() {
  fill("segments", ...state.segments.map((each) => make("label", {},
    make("input", { type: "checkbox", value: each.name, data: { key: each.name }, checked: each.chosen, onchange: chooseSegments }), each.title)));
  fill("way", ...state.ways.map((each) => make("option", { value: each.name, selected: each.chosen }, each.title)));
  $("test-words").textContent = `One marked copy of the edition you look at, to ${state.sender.address}.`;
  if (document.activeElement !== $("approver") && !$("approver").value) $("approver").value = state.sender.name;
  const plan = state.plan;
  if (!plan) { $("fact-send").textContent = ""; return; }
  // What was said of another receipt holds no longer.
  if ($("receipt").textContent !== plan.receipt) done("approve-done", "");
  $("receipt").textContent = plan.receipt;
  $("command").textContent = state.command;
  $("yes-words").textContent = yesWords(plan);
  $("command-words").textContent = commandWords(plan);
  const cannot = mistaken() || !state.fresh || state.refusal || !plan.total || state.approval.by || plan.rehearsal;
  $("approve").disabled = Boolean(cannot);
  $("fact-send").textContent = sendingFact(plan);
}

/** Whether what is shown is not what the files say now. */
const mistaken = () => Boolean(state.trouble || state.uncounted);

function sendingFact(plan) {
  if (mistaken() || state.refusal) return "cannot go yet";
  if (plan.rehearsal) return "a rehearsal";
  return state.approval.by ? `approved by ${state.approval.by}` : "not approved yet";
}

function commandWords(plan) {
  if (mistaken() || state.refusal) return "As it stands, this is refused, for the reason above.";
  if (plan.rehearsal) return "This is a rehearsal: it writes every message into a folder on this computer, and nobody gets anything.";
  const people = many(plan.total, "person", "people");
  const after = state.approval.required && !state.approval.by ? " It is refused until you have said yes." : "";
  return `For your helper, in the folder of this workspace. It sends to ${people}, or to nobody if anything has changed.${after}`;
}

const FOUND = { WARN: "The checks have warnings", "COULD NOT CHECK": "Something could not be checked" };

function yesWords(plan) {
  if (mistaken()) return "It cannot be approved before the mistakes above are mended.";
  if (state.refusal) return `It cannot be approved yet: ${state.refusal}`;
  if (!plan.total) return "Nobody would get it, so there is nothing to approve.";
  const people = many(plan.total, "person", "people");
  if (plan.rehearsal) {
    const otherwise = exported ? "" : " To approve a real send, choose above how it goes out.";
    return `This is a rehearsal with the copies of ${people}, which needs nobody’s yes.${otherwise}`;
  }
  if (state.approval.by) return `${state.approval.by} has said yes to exactly this.`;
  const needed = state.approval.required ? " Nothing is sent without it." : "";
  const drifted = plan.lists.filter((each) => each.drifted).map((each) => ` It agrees to lists/${each.file}, which changed: ${each.change}.`).join("");
  const found = FOUND[state.checks.verdict] ? ` ${FOUND[state.checks.verdict]}: look there first.` : "";
  return `The yes is for ${people}.${needed}${drifted}${found}`;
}

async function chooseSegments() {
  const chosen = [...$("segments").querySelectorAll("input:checked")].map((each) => each.value);
  if (!chosen.length) {
    notice("At least one segment has to be chosen.");
    showSending();
    return;
  }
  await post("choose", { segments: chosen });
}

/** Do something that takes a moment, with its button at rest, and say beside it what came of it. */
async function act(button, place, work) {
  button.disabled = true;
  done(place, "One moment…", "");
  try {
    done(place, await work());
  } catch (error) {
    done(place, error.message, "bad");
  } finally {
    button.disabled = false;
  }
}

function listenToSending() {
  $("way").addEventListener("change", () => {
    done("test-done", "");
    post("choose", { way: $("way").value });
  });
  $("test").addEventListener("click", () => act($("test"), "test-done", () => post("test", { segment: reader.segment })));
  $("approval").addEventListener("submit", (event) => {
    event.preventDefault();
    act($("approve"), "approve-done", () => post("approve", { receipt: state.plan.receipt, name: $("approver").value }));
  });
  $("copy-command").addEventListener("click", () => act($("copy-command"), "copy-done", async () => {
    await navigator.clipboard.writeText($("command").textContent);
    return "Copied.";
  }));
}
