import { GatewayError } from '../errors.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/** Workload members by which a playbook calls the gateway back: where to, for which request, and on which NATS subject. */
const controlNames = new Set(['gateway_url', 'request_id', 'callback_subject']);

/**
 * Members of a call that hold a workload, and members of a workload that playbooks read like the workload itself. NoETL's Python
 * server copies the members of `ctx` over those of the workload; on the Rust server `{{ ctx.x }}` reads the caller's own `ctx`.
 */
const namespaces = new Set([
  ...[
    'workload',
    'workload_overrides',
    'payload',
    'variables',
    'vars',
    'input',
    'inputs',
    'params',
    'args',
    'arguments',
  ],
  ...['ctx', 'iter'],
]);

/**
 * Refuses a caller's own control names. NoETL's workers send the result of a run to the address in the workload, so that address
 * is never a caller's.
 * @param body of a call that starts a playbook, or writes to an execution, before the gateway adds its own control names
 * @throws ERR_REQUEST_INVALID with the place
 */
export function assertNoControlNames(body: unknown): void {
  const place = placeOfControlName(body);
  if (place === undefined) return;
  throw new GatewayError(
    'ERR_REQUEST_INVALID',
    `${place}: this name is reserved for the gateway, which sets it itself when a clientId is given; use another name`,
  );
}

function placeOfControlName(value: unknown): string | undefined {
  if (!isJsonObject(value)) return undefined;
  for (const name of Object.keys(value)) {
    if (controlNames.has(name)) return name;
    const inner = namespaces.has(name) ? placeOfControlName(value[name]) : undefined;
    if (inner !== undefined) return `${name}.${inner}`;
  }
  return undefined;
}

/** A workload without control names, for a start that repeats an earlier one. */
export function withoutControlNames(workload: JsonObject): JsonObject {
  const members = Object.entries(workload).flatMap(([name, value]): readonly (readonly [string, unknown])[] => {
    if (controlNames.has(name)) return [];
    return [[name, namespaces.has(name) && isJsonObject(value) ? withoutControlNames(value) : value]];
  });
  return Object.fromEntries(members);
}
