// The desk of the clinician: what is being written, which hook it is, and what the service answered.

import * as address from "./address.js";
import { refusal, rendered, withheldNote } from "./cards.js";
import { element, find } from "./dom.js";
import { copy, parse } from "./exact.js";
import { apply, newOrder, put, referenceOf, remove } from "./orders.js";
import * as service from "./service.js";
import { Speech } from "./speech.js";
import { Wire } from "./wire.js";
import { LIST_OF, show } from "./worklist.js";

const WRITING = ["order-select", "order-sign", "medication-refill", "appointment-book"];

export class Desk {
  constructor(start, language, kept) {
    this.start = start;
    this.language = language;
    this.speech = new Speech(start.words, start.offered, language);
    this.wire = new Wire(start.words);
    this.calls = 0;
    this.restore(kept);
  }

  // Back to what was kept with this entry of the history, or to the scenario as it is shipped.
  restore(kept) {
    this.lists = copy(kept?.lists ?? this.start.lists);
    this.before = kept?.before ?? {};
    this.visit = kept?.visit ?? crypto.randomUUID().slice(0, 8);
    this.state = address.read();
    find("edition").value = this.state.edition || find("edition").dataset.default;
    find("fault").value = this.state.fault;
    find("prefetch").checked = this.state.prefetch;
    this.showList();
  }

  kept() {
    return { scenario: this.start.scenario.id, lists: this.lists, before: this.before, visit: this.visit };
  }

  get hook() {
    return this.state.hook ?? this.start.scenario.hook;
  }

  get patient() {
    return this.start.contexts["patient-view"].patientId;
  }

  // To another state of the page; the service is asked again.
  go(changes) {
    this.state = { ...this.state, ...changes };
    address.go(this.state, this.kept());
    this.showList();
    return this.state.hook ? this.ask() : undefined;
  }

  // --- writing ---

  // Does `edit`, which gives the references it touched, and remembers what those said before.
  edited(edit) {
    const said = new Map(this.everything().map((each) => [referenceOf(each), this.speech.line(each)]));
    for (const reference of edit() ?? []) {
      if (!(reference in this.before)) this.before[reference] = said.get(reference) ?? null;
    }
    address.keep(this.kept());
    this.showList();
  }

  addOrder() {
    const order = newOrder(this.start.contexts["patient-view"], this.start.day, this.start.offered);
    this.edited(() => [put(this.lists, order)]);
  }

  everything() {
    return Object.values(this.lists).flat();
  }

  showList() {
    for (const button of document.querySelectorAll("[data-hook]")) {
      button.classList.toggle("primary", button.dataset.hook === this.hook);
      button.setAttribute("aria-pressed", String(button.dataset.hook === this.state.hook));
    }
    const name = LIST_OF[this.hook] ?? "draftOrders";
    show(name, this.lists[name], this.before, this.speech, {
      change: (resource) => this.edited(() => [put(this.lists, resource)]),
      remove: (reference) => this.edited(() => remove(this.lists, reference)),
    });
  }

  // --- asking ---

  async ask() {
    const call = ++this.calls;
    find("status").textContent = this.speech.words.asking;
    try {
      const { served, url, body, told } = await this.request();
      if (call !== this.calls) return;
      this.wire.data(told);
      this.wire.request(url, body, this.language);
      const answer = await service.call(url, body, this.language);
      if (call === this.calls) await this.showAnswer(answer, served);
    } catch {
      if (call === this.calls) find("status").textContent = this.speech.words.unreachable;
    }
  }

  async request() {
    const { hook } = this;
    const served = (await service.services())[hook];
    const fhirServer = this.fhirServer();
    const context = this.context();
    const [found, fhirAuthorization] = await Promise.all([
      this.state.prefetch ? service.prefetch(served, context, fhirServer) : { told: [] },
      service.authorization(this.patient),
    ]);
    const body = { hook, hookInstance: crypto.randomUUID(), fhirServer, fhirAuthorization, context };
    if (found.values) body.prefetch = found.values;
    const edition = this.state.edition ? `?edition=${this.state.edition}` : "";
    return { served, url: `/cds-services/${served.id}${edition}`, body, told: found.told };
  }

  // A visit, or a fault, is another FHIR server in the eyes of the service.
  fhirServer() {
    const fault = this.state.fault ? `/faults/${this.state.fault}` : "";
    return `${location.origin}/sandbox/visits/${this.visit}${fault}/fhir`;
  }

  context() {
    const context = { ...this.start.contexts[this.hook] };
    if (WRITING.includes(this.hook)) {
      const name = LIST_OF[this.hook] ?? "draftOrders";
      const entry = this.lists[name].map((resource) => ({ resource }));
      context[name] = { resourceType: "Bundle", type: "collection", ...(entry.length ? { entry } : {}) };
    }
    if (this.hook === "order-select") {
      const orders = this.lists.draftOrders.filter((each) => each.resourceType !== "Medication");
      context.selections = orders.map(referenceOf);
    }
    return context;
  }

  async showAnswer(answer, served) {
    this.wire.response(answer);
    const { words } = this.speech;
    const said = parsed(answer.text);
    const cards = answer.status === 200 ? (said?.cards ?? []) : null;
    const nodes = cards ? await rendered(cards, words, this.acts(served)) : [refusal(answer.status, said, words)];
    if (cards?.length === 0) nodes.push(element("p", { className: "panel muted", textContent: words["no-cards"] }));
    const note = withheldNote(said?.extension, words);
    find("card-list").replaceChildren(...nodes, ...(note ? [note] : []));
    const count = cards ? this.speech.count(cards.length) : answer.status;
    find("status").textContent = `${served.hook} · ${count} · ${answer.milliseconds} ms`;
  }

  // What the user can do with a card.
  acts(served) {
    return {
      accept: (card, suggestion) => {
        this.edited(() => apply(suggestion.actions ?? [], this.lists));
        const acceptedSuggestions = [{ id: suggestion.uuid }];
        return service.feedback(served, { card: card.uuid, outcome: "accepted", acceptedSuggestions });
      },
      override: (card, reason, userComment) => {
        const given = { ...(reason && { reason: { code: reason.code, system: reason.system } }) };
        if (userComment) given.userComment = userComment;
        const overrideReason = Object.keys(given).length ? { overrideReason: given } : {};
        return service.feedback(served, { card: card.uuid, outcome: "overridden", ...overrideReason });
      },
      launchFields: (url) => ({ patient: this.patient, url: address.registered(url, this.language) }),
    };
  }
}

function parsed(text) {
  try {
    return parse(text);
  } catch {
    return null;
  }
}
