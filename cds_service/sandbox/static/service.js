// What an EHR does at a hook: reads discovery, fills the prefetch from its FHIR server, calls the service, sends feedback.

import { parse, stringify } from "./exact.js";

const PATIENCE = 1500; // ms for one prefetch key: an EHR leaves out what takes longer
const FHIR = "application/fhir+json";

let discovered;

// The services by hook, as discovery lists them.
export async function services() {
  discovered ??= fetch("/cds-services").then(async (answer) => {
    const listed = (await answer.json()).services;
    return Object.fromEntries(listed.map((service) => [service.hook, service]));
  });
  return discovered;
}

// Every prefetch key that can be had; for each key also what came of it: {key, count} or {key, why}.
export async function prefetch(service, context, base) {
  const keys = Object.entries(service.prefetch ?? {});
  const found = await Promise.all(keys.map(([key, template]) => obtained(key, template, context, base)));
  const values = found.filter((each) => each.value !== undefined).map((each) => [each.key, each.value]);
  return { values: Object.fromEntries(values), told: found };
}

// The token with which the service may read this patient's data itself.
export async function authorization(patient) {
  const answer = await fetch("/sandbox/auth/service-token", { method: "POST", body: new URLSearchParams({ patient }) });
  return answer.ok ? answer.json() : undefined;
}

// Calls the service. The answer is what came over the wire: {status, text, milliseconds}.
export async function call(url, body, language) {
  const begun = performance.now();
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  const answer = await fetch(url, { method: "POST", headers, body: stringify(body) });
  const text = await answer.text();
  return { status: answer.status, text, milliseconds: Math.round(performance.now() - begun) };
}

export async function feedback(service, report) {
  const url = `/cds-services/${service.id}/feedback`;
  const body = { feedback: [{ ...report, outcomeTimestamp: new Date().toISOString() }] };
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    return { taken: answer.ok, url, body };
  } catch {
    return { taken: false, url, body };
  }
}

async function obtained(key, template, context, base) {
  const path = filled(template, context);
  if (path === null) return { key, why: "context" };
  const ended = AbortSignal.timeout(PATIENCE);
  try {
    const value = await resource(`${base}/${path}`, ended);
    if (value.resourceType !== "Bundle") return { key, value, count: 1 };
    const whole = await withMedications(await allPages(value, ended), base, ended);
    return { key, value: whole, count: whole.entry?.length ?? 0 };
  } catch (error) {
    return { key, why: error.status ? String(error.status) : error.name === "TimeoutError" ? "> 1.5 s" : "?" };
  }
}

function filled(template, context) {
  let complete = true;
  const path = template.replace(/\{\{context\.(\w+)\}\}/g, (_, name) => {
    complete &&= typeof context[name] === "string";
    return encodeURIComponent(context[name]);
  });
  return complete ? path : null;
}

async function resource(url, signal) {
  const answer = await fetch(url, { headers: { Accept: FHIR }, signal });
  if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
  return parse(await answer.text());
}

// One searchset with the entries of all pages.
async function allPages(first, signal) {
  const entries = [...(first.entry ?? [])];
  for (let page = first; (page = await nextPage(page, signal)); ) entries.push(...(page.entry ?? []));
  const link = (first.link ?? []).filter((each) => each.relation === "self");
  return { ...first, link, ...(entries.length ? { entry: entries } : {}) };
}

async function nextPage(page, signal) {
  const next = (page.link ?? []).find((each) => each.relation === "next");
  return next ? resource(next.url, signal) : null;
}

// The Medications that orders point at come along, as EHRs send them.
async function withMedications(bundle, base, signal) {
  const entries = bundle.entry ?? [];
  const named = entries.map((entry) => entry.resource.medicationReference?.reference);
  const wanted = new Set(named.filter((name) => name?.startsWith("Medication/")));
  const found = await Promise.all([...wanted].map((name) => resource(`${base}/${name}`, signal)));
  const included = found.map((each) => ({
    fullUrl: `${base}/Medication/${each.id}`,
    resource: each,
    search: { mode: "include" },
  }));
  return included.length ? { ...bundle, entry: [...entries, ...included] } : bundle;
}
