// The list of what is being written, each with its form; which list depends on the hook.

import { element, find, fromTemplate } from "./dom.js";
import { fieldsOf, referenceOf, written, writtenVisit } from "./orders.js";

export const LIST_OF = { "medication-refill": "medications", "appointment-book": "appointments" };
const TITLES = { draftOrders: "orders", medications: "renewals", appointments: "appointments" };

// Shows one list. `change(resource)` and `remove(reference)` are told what the user does; `before` maps references to
// what they said before they were changed.
export function show(name, resources, before, speech, { change, remove }) {
  document.querySelector("[data-list-title]").textContent = speech.words[TITLES[name]];
  find("add-order").hidden = name !== "draftOrders";
  const shown = resources.filter((each) => each.resourceType !== "Medication");
  const items = shown.map((each) => item(each, before, speech, change, remove));
  const nothing = element("p", { className: "muted", textContent: speech.words["no-orders"] });
  keepingOpen(find("drafts"), () => find("drafts").replaceChildren(...(items.length ? items : [nothing])));
}

function item(resource, before, speech, change, remove) {
  const { node, slot } = fromTemplate(templateOf(resource));
  const reference = referenceOf(resource);
  const was = before[reference];
  node.dataset.reference = reference;
  slot("title").textContent = speech.title(resource);
  slot("dosage").textContent = speech.line(resource);
  slot("badge").textContent = was === undefined ? speech.status(resource) : speech.words[was ? "changed" : "new"];
  if (was !== undefined) {
    node.classList.add("changed");
    slot("badge").classList.add("ok");
  }
  if (was) slot("dosage").append(element("del", { className: "was", textContent: was }));
  slot("remove").addEventListener("click", () => remove(reference));
  slot("remove").setAttribute("aria-label", `${speech.words.remove}: ${speech.title(resource)}`);
  if (resource.resourceType === "MedicationRequest") orderForm(node.querySelector("form"), resource, speech, change);
  if (resource.resourceType === "Appointment") visitForm(node.querySelector("form"), resource, speech, change);
  return node;
}

function templateOf({ resourceType }) {
  return { MedicationRequest: "order-template", Appointment: "visit-template" }[resourceType] ?? "plain-template";
}

function orderForm(form, order, speech, change) {
  options(form.elements.product, speech.offered.products);
  options(form.elements.route, speech.offered.routes);
  const fields = fieldsOf(order);
  for (const name of ["status", "dose", "period", "periodUnit", "infusion", "route", "start", "priority"]) {
    form.elements[name].value = fields[name] ?? "";
  }
  listen(form, (name, value) => change(written(order, name, value, speech.offered)));
}

function visitForm(form, visit, speech, change) {
  options(form.elements.visit, speech.offered.visits);
  form.elements.day.value = (visit.start ?? "").slice(0, 10);
  listen(form, (name, value) => change(writtenVisit(visit, name, value, speech.offered)));
}

function options(select, choices) {
  select.append(...choices.map((each) => element("option", { value: each.id, textContent: each.text })));
}

function listen(form, changed) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", ({ target }) => {
    if (target.value !== "" || target.type === "number" || target.type === "date") changed(target.name, target.value);
  });
}

// The list is made anew after every change: what was unfolded stays so, and the field keeps the focus.
function keepingOpen(container, rebuild) {
  const open = [...container.querySelectorAll("details[open]")].map((each) => each.closest(".draft").dataset.reference);
  const active = document.activeElement;
  const place = container.contains(active) && { of: active.closest(".draft")?.dataset.reference, name: active.name };
  rebuild();
  for (const draft of container.querySelectorAll(".draft")) {
    if (open.includes(draft.dataset.reference)) draft.querySelector("details").open = true;
    if (place && place.name && place.of === draft.dataset.reference) draft.querySelector(`[name="${place.name}"]`)?.focus();
  }
}
