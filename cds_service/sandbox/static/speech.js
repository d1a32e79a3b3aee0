// What is said of orders and visits in a line, in the reader's language.

import { fieldsOf } from "./orders.js";

const LOCALES = { en: "en-GB", fr: "fr-FR" }; // days before months, as in the cards

export class Speech {
  constructor(words, offered, language) {
    const locale = LOCALES[language] ?? language;
    this.words = words;
    this.offered = offered;
    this.numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
    this.days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  }

  title(resource) {
    const contained = resource.contained?.[0]?.code;
    const named = [resource.medicationCodeableConcept, resource.code, contained, ...(resource.serviceType ?? [])];
    const said = named.map((concept) => concept?.text ?? concept?.coding?.[0]?.display).find(Boolean);
    return said ?? resource.description ?? resource.medicationReference?.display ?? resource.resourceType;
  }

  line(resource) {
    if (resource.resourceType === "Appointment") return this.when(resource.start);
    if (resource.resourceType !== "MedicationRequest") return this.when(resource.occurrenceDateTime);
    return this.dosage(fieldsOf(resource)) || resource.dosageInstruction?.[0]?.text || this.words["not-stated"];
  }

  dosage(fields) {
    const route = this.offered.routes.find((each) => each.id === fields.route)?.text ?? fields.routeText;
    const parts = [
      fields.status === "stopped" && this.words["kind-stopped"],
      fields.dose !== undefined && `${this.numbers.format(fields.dose)} ${fields.unit}`,
      fields.frequency > 1 && `${this.numbers.format(fields.frequency)} ×`,
      route,
      fields.infusion && `${this.words.over} ${this.numbers.format(fields.infusion)} min`,
      fields.period && this.every(fields.period, fields.periodUnit),
      fields.start && `${this.words.from} ${this.when(fields.start)}`,
      fields.priority !== "routine" && (this.words[`priority-${fields.priority}`] ?? fields.priority),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  every(period, unit) {
    if (period === 1) return this.words[`each-${unit}`] ?? `1/${unit}`;
    return `${this.words[`per-${unit}`] ?? "/"} ${this.numbers.format(period)} ${this.words[`unit-${unit}`] ?? unit}`;
  }

  status(resource) {
    return this.words[`status-${resource.status}`] ?? resource.status;
  }

  when(written) {
    const day = new Date(`${(written ?? "").slice(0, 10)}T00:00:00Z`);
    return Number.isNaN(day.valueOf()) ? "" : this.days.format(day);
  }

  // "3 cards", "1 card"
  count(many) {
    return many === 1 ? this.words["card-count-1"] : `${many} ${this.words["card-count"]}`;
  }
}
