// Cards as an EHR shows them: indicator as colour, shape and word, details, suggestions, reasons to override, links.

import { element, fromTemplate, setHtml } from "./dom.js";

// `told` is what the card was answered with; `acts` = {accept, override, launchFields}. Gives the nodes.
export async function rendered(cards, words, acts) {
  const details = await asHtml(cards.map((card) => card.detail ?? ""));
  return cards.map((card, index) => one(card, details[index], words, acts));
}

// An OperationOutcome, or whatever came instead of cards.
export function refusal(status, outcome, words) {
  const issues = outcome?.issue ?? [];
  const said = issues.flatMap((issue) => [
    element("p", { textContent: issue.details?.text ?? "" }),
    element("p", { className: "small muted", textContent: issue.diagnostics ?? "" }),
  ]);
  const head = element("p", {}, element("strong", { textContent: `${words["not-answered"]} (${status})` }));
  return element("div", { className: "notice critical", role: "alert" }, head, ...said);
}

export function withheldNote(extension, words) {
  const withheld = extension?.["io.github.osteohooks.withheld"] ?? [];
  const rules = withheld.map((each) => `${each.rules.join(", ")} (${each.reasons.join(", ")})`);
  return rules.length ? element("p", { className: "notice small", textContent: `${words.withheld}: ${rules.join("; ")}` }) : null;
}

async function asHtml(texts) {
  if (!texts.some(Boolean)) return texts;
  const body = JSON.stringify({ texts });
  const answer = await fetch("/sandbox/markdown", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  return (await answer.json()).html;
}

function one(card, html, words, acts) {
  const { node, slot } = fromTemplate("card-template");
  node.classList.add(card.indicator);
  node.dataset.card = card.uuid ?? "";
  node.querySelector(".shape").classList.add(card.indicator);
  slot("indicator").textContent = words[card.indicator] ?? card.indicator;
  slot("summary").textContent = card.summary;
  setHtml(slot("detail"), html);
  slot("source").append(source(card.source));
  slot("links").append(...(card.links ?? []).map((link) => element("li", {}, linked(link, words, acts))));
  suggestions(card, node, slot, words, acts);
  overriding(card, node, slot, words, acts);
  return node;
}

function source({ label, url }) {
  return url ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer", textContent: label }) : label;
}

function suggestions(card, node, slot, words, acts) {
  for (const suggestion of card.suggestions ?? []) {
    const button = element("button", { type: "button", textContent: suggestion.label });
    if (suggestion.isRecommended) button.append(element("span", { className: "badge", textContent: words.recommended }));
    const changes = (suggestion.actions ?? []).map((action) => element("li", { textContent: action.description }));
    const list = element("ul", { className: "changes" }, ...changes);
    list.setAttribute("aria-label", words["what-changes"]);
    button.addEventListener("click", async () => {
      if (card.selectionBehavior === "any") node.focus({ preventScroll: true });
      else settle(node);
      button.disabled = true;
      node.classList.add("settled");
      done(slot, words.accepted, "ok");
      told(slot, await acts.accept(card, suggestion), words);
    });
    slot("suggestions").append(element("div", {}, button, list));
  }
}

function overriding(card, node, slot, words, acts) {
  const form = slot("override");
  slot("overriding").hidden = !card.uuid;
  form.setAttribute("aria-label", `${words.override}: ${card.summary}`);
  const reasons = card.overrideReasons ?? [];
  form.elements.reason.append(
    ...reasons.map((reason, index) => element("option", { value: String(index), textContent: reason.display })),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const reason = form.elements.reason.value === "" ? undefined : reasons[Number(form.elements.reason.value)];
    const comment = form.elements.comment.value.trim() || undefined;
    settle(node);
    done(slot, words.overridden);
    told(slot, await acts.override(card, reason, comment), words);
  });
}

// A link to read on, or an app that is launched for this patient.
function linked(link, words, acts) {
  const label = `${link.label} (${words["opens-elsewhere"]})`;
  if (link.type !== "smart") {
    return element("a", { href: link.url, target: "_blank", rel: "noopener noreferrer", textContent: label });
  }
  const fields = { ...acts.launchFields(link.url), ...(link.appContext ? { appContext: link.appContext } : {}) };
  const hidden = Object.entries(fields).map(([name, value]) => element("input", { type: "hidden", name, value }));
  const form = element("form", { method: "post", action: "/sandbox/auth/launch", target: "_blank" }, ...hidden);
  form.append(element("button", { textContent: label }));
  return form;
}

// What was decided is not decided again. The focus stays at the card: a button that goes away would lose it.
function settle(node) {
  if (node.contains(document.activeElement)) node.focus({ preventScroll: true });
  for (const button of node.querySelectorAll(".suggestions button")) button.disabled = true;
  node.querySelector(".overriding").hidden = true;
}

function done(slot, word, kind) {
  slot("done").textContent = word;
  if (kind) slot("done").classList.add(kind);
  slot("done").hidden = false;
}

function told(slot, { taken, url, body }, words) {
  if (taken) slot("feedback").textContent = words["feedback-sent"];
  else {
    const sent = element("pre", { tabIndex: 0, textContent: `POST ${url}\n${JSON.stringify(body, null, 2)}` });
    const message = element("details", {}, element("summary", { textContent: words["feedback-shown"] }), sent);
    slot("feedback").replaceChildren(words["feedback-refused"], message);
  }
}
