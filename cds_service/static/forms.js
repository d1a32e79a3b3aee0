// Asks the server while somebody types, and shows what it says. Without this module the buttons do the same.

const form = document.getElementById("form");
const results = document.getElementById("results");
const PAUSE = 400; // ms after the last key
let waiting = 0;
let asked = 0;

for (const button of form.querySelectorAll("[data-script=off]")) {
  button.hidden = true;
}

form.addEventListener("input", (event) => {
  forget(event.target);
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});

// What was typed over does not come from the record any more.
function forget(field) {
  const link = field.name.replace(/^q\./, "");
  const source = document.getElementById(`source-${link}`);
  if (source) {
    describe(document.getElementById(`field-${link}`), source.id, false);
    source.remove();
  }
}

async function ask() {
  const mine = ++asked;
  results.setAttribute("aria-busy", "true");
  let said = null;
  try {
    const answer = await fetch(form.dataset.score, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    said = answer.ok ? await answer.json() : null;
  } catch {
    said = null;
  }
  if (mine !== asked) {
    return; // a later answer is on its way
  }
  results.removeAttribute("aria-busy");
  if (said === null) {
    results.textContent = form.dataset.away;
    return;
  }
  show(said.problems);
  const page = new DOMParser().parseFromString(said.results, "text/html");
  results.replaceChildren(...page.body.childNodes);
}

function show(problems) {
  for (const place of form.querySelectorAll("[data-problem]")) {
    const link = place.dataset.problem;
    const field = document.getElementById(`field-${link}`);
    place.textContent = problems[link] ?? "";
    place.hidden = !(link in problems);
    if (link in problems && (field.tagName !== "FIELDSET" || field.getAttribute("role") === "radiogroup")) {
      field.setAttribute("aria-invalid", "true");
    } else {
      field.removeAttribute("aria-invalid");
    }
    describe(field, place.id, link in problems);
  }
}

function describe(field, id, wrong) {
  const ids = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((each) => each && each !== id);
  const all = wrong ? [...ids, id] : ids;
  if (all.length) {
    field.setAttribute("aria-describedby", all.join(" "));
  } else {
    field.removeAttribute("aria-describedby");
  }
}

document.documentElement.dataset.ready = "";
