// Orders being written: what they say in short, the fields of the order form, and what accepted actions do to them.

import { copy, number } from "./exact.js";

const UCUM = "http://unitsofmeasure.org";
const MINUTES = { s: 1 / 60, min: 1, h: 60, d: 1440 };

export const referenceOf = (resource) => `${resource.resourceType}/${resource.id}`;

// --- accepted actions: like a transaction, on what is being written ---

// Does the actions to the lists; gives the references of what is new or changed.
export function apply(actions, lists) {
  const touched = [];
  for (const action of actions) {
    if (action.type === "delete") remove(lists, action.resourceId);
    else touched.push(put(lists, copy(action.resource)));
  }
  return touched;
}

export function remove(lists, reference) {
  for (const name of Object.keys(lists)) {
    lists[name] = lists[name].filter((each) => referenceOf(each) !== reference);
  }
}

// Puts a resource where the one of the same id is, in every list (an order may be a renewal as well); else at the end.
export function put(lists, resource) {
  resource.id ??= crypto.randomUUID();
  const reference = referenceOf(resource);
  const isIt = (each) => referenceOf(each) === reference;
  const holding = Object.keys(lists).filter((name) => lists[name].some(isIt));
  for (const name of holding) lists[name] = lists[name].map((each) => (isIt(each) ? resource : each));
  if (!holding.length) lists[resource.resourceType === "Appointment" ? "appointments" : "draftOrders"].push(resource);
  return reference;
}

// --- the order form ---

export function fieldsOf(order) {
  const dosage = order.dosageInstruction?.[0] ?? {};
  const repeat = dosage.timing?.repeat ?? {};
  const dose = number(dosage.doseAndRate?.[0]?.doseQuantity?.value);
  return {
    status: order.status === "stopped" ? "stopped" : "draft",
    dose,
    unit: dosage.doseAndRate?.[0]?.doseQuantity?.unit ?? "mg",
    period: number(repeat.period),
    frequency: number(repeat.frequency),
    periodUnit: repeat.periodUnit ?? "d",
    infusion: minutes(repeat) ?? minutesOfRate(dosage, dose),
    route: dosage.route?.coding?.find((coding) => coding.code)?.code ?? "",
    routeText: dosage.route?.text ?? dosage.route?.coding?.[0]?.display ?? "",
    start: (repeat.boundsPeriod?.start ?? "").slice(0, 10),
    priority: order.priority ?? "routine",
  };
}

const WRITERS = {
  status: (order, value) => (order.status = value),
  priority: (order, value) => (order.priority = value),
  product: (order, value, offered) => setProduct(order, offered.products.find((each) => each.id === value), offered),
  dose: (order, value) => {
    const part = ((dosageOf(order).doseAndRate ??= [{}])[0] ??= {});
    if (value === "") delete part.doseQuantity;
    else part.doseQuantity = { value: Number(value), unit: "mg", system: UCUM, code: "mg" };
  },
  period: (order, value) => setRepeat(order, { frequency: value && 1, period: value && Number(value) }),
  periodUnit: (order, value) => setRepeat(order, { periodUnit: value }),
  infusion: (order, value) => {
    for (const part of dosageOf(order).doseAndRate ?? []) {
      delete part.rateRatio;
      delete part.rateQuantity;
    }
    setRepeat(order, { duration: value && Number(value), durationUnit: value && "min" });
  },
  route: (order, value, offered) => {
    const chosen = offered.routes.find((each) => each.id === value);
    if (chosen) dosageOf(order).route = copy(chosen.concept);
  },
  start: (order, value) => setRepeat(order, { boundsPeriod: value && { start: value } }),
};

// A copy of the order with one field of the form written into it. The free text of the dosage goes: it tells the old one.
export function written(order, name, value, offered) {
  const changed = copy(order);
  WRITERS[name](changed, value, offered);
  if (!["status", "priority"].includes(name)) delete changed.dosageInstruction?.[0]?.text;
  for (const part of changed.dosageInstruction ?? []) prune(part);
  return changed;
}

// A new order of the first product on offer.
export function newOrder(context, day, offered) {
  const order = {
    resourceType: "MedicationRequest",
    id: crypto.randomUUID(),
    status: "draft",
    intent: "order",
    subject: { reference: `Patient/${context.patientId}` },
    authoredOn: day,
    requester: { reference: context.userId },
  };
  return written(order, "product", offered.products[0].id, offered);
}

// --- the booking form ---

export function writtenVisit(visit, name, value, offered) {
  const changed = copy(visit);
  const chosen = offered.visits.find((each) => each.id === value);
  if (name === "day" && value) {
    changed.start = value + changed.start.slice(10);
    changed.end = value + changed.end.slice(10);
  }
  if (name === "visit" && chosen) {
    changed.description = chosen.text;
    if (chosen.concept.coding) changed.serviceType = [copy(chosen.concept)];
    else delete changed.serviceType;
  }
  return changed;
}

function setProduct(order, product, offered) {
  if (!product) return;
  delete order.medicationReference;
  delete order.contained;
  order.medicationCodeableConcept = copy(product.concept);
  order.dosageInstruction = [{}];
  const { dose = "", route = "", infusion = "", period = "", periodUnit } = product.order;
  WRITERS.dose(order, String(number(dose) ?? ""));
  setRepeat(order, { frequency: period && 1, period, periodUnit });
  if (infusion) setRepeat(order, { duration: infusion, durationUnit: "min" });
  if (route) WRITERS.route(order, route, offered);
}

function dosageOf(order) {
  return ((order.dosageInstruction ??= [{}])[0] ??= {});
}

function setRepeat(order, members) {
  const timing = (dosageOf(order).timing ??= {});
  const repeat = (timing.repeat ??= {});
  delete timing.code; // it restates the timing, and would contradict it now
  for (const [name, value] of Object.entries(members)) {
    if (value) repeat[name] = value;
    else delete repeat[name];
  }
}

function prune(part) {
  part.doseAndRate = part.doseAndRate?.filter((each) => Object.keys(each).length);
  if (!part.doseAndRate?.length) delete part.doseAndRate;
  if (part.timing?.repeat && !Object.keys(part.timing.repeat).length) delete part.timing;
}

function minutes(repeat) {
  const duration = number(repeat.duration);
  return duration === undefined ? undefined : duration * (MINUTES[repeat.durationUnit] ?? 1);
}

function minutesOfRate(dosage, dose) {
  const rate = dosage.doseAndRate?.[0]?.rateRatio;
  const [above, below] = [number(rate?.numerator?.value), number(rate?.denominator?.value)];
  return dose && above && below ? (dose * below * (MINUTES[rate.denominator.unit] ?? 1)) / above : undefined;
}
