// Files what was signed in the chart: one transaction on the FHIR server, as an EHR stores its orders.

import { copy, parse, stringify } from "./exact.js";

const BASE = "/sandbox/fhir";

// Whether everything could be filed.
export async function file(orders) {
  const signed = orders.filter((each) => each.resourceType !== "Medication");
  const ended = await Promise.all(signed.filter(stopsAnother).map(stopped));
  const entry = [...signed.map(active), ...ended.filter(Boolean)].map((resource) => ({
    resource,
    request: { method: "PUT", url: `${resource.resourceType}/${resource.id}` },
  }));
  const body = stringify({ resourceType: "Bundle", type: "transaction", entry });
  const headers = { "Content-Type": "application/fhir+json" };
  const answer = await fetch(BASE, { method: "POST", headers, body });
  return answer.ok;
}

function active(order) {
  return order.status === "draft" ? { ...copy(order), status: "active" } : copy(order);
}

function stopsAnother(order) {
  return order.status === "stopped" && order.priorPrescription?.reference;
}

// The running order that another one stops, as it is from now on.
async function stopped(order) {
  const answer = await fetch(`${BASE}/${order.priorPrescription.reference}`);
  return answer.ok ? { ...parse(await answer.text()), status: "stopped", statusReason: order.statusReason } : null;
}
