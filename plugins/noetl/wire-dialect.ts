import type { OperationKind } from '../operation-kind.ts';
import { parseExecutionState } from './execution-state.ts';
import { failedText } from './failure-text.ts';
import { isJsonObject, type JsonObject } from './json-object.ts';

/**
 * Brings an answer of the Rust server into the form that NoETL's document describes (the Python server's); an answer
 * that has it already passes as it is.
 * @param kind what the operation does
 */
export function inDocumentedForm(kind: OperationKind, body: unknown): unknown {
  switch (kind) {
    case 'executions':
      return executionRows(body);
    case 'workers':
      if (!Array.isArray(body)) return body;
      return { items: body, count: body.length, runtime: null, status: null, error: null };
    case 'dashboard': {
      if (!isJsonObject(body) || !isJsonObject(body['stats'])) return body;
      const { stats } = body;
      return { total_playbooks: 0, active_workflows: stats['running_executions'] ?? 0, ...stats, ...body };
    }
    case 'credentials':
    case 'credentialWrite':
      return credentialsNamed(body);
    default:
      return body;
  }
}

function executionRows(body: unknown): unknown {
  const rows = isJsonObject(body) ? (body['executions'] ?? body['items'] ?? body) : body;
  return Array.isArray(rows) ? rows.map((row) => (isJsonObject(row) ? executionRow(row) : row)) : rows;
}

function executionRow(row: JsonObject): JsonObject {
  const named = withoutReason(row);
  if (!Object.hasOwn(row, 'started_at') || Object.hasOwn(row, 'start_time')) return named;
  const over = parseExecutionState(row['status']) !== 'RUNNING';
  return {
    version: null,
    progress: over ? 100 : null,
    ...named,
    start_time: row['started_at'],
    end_time: row['completed_at'] ?? null,
  };
}

/** NoETL's document calls `credential_type` what is `type` on the wire. */
function credentialsNamed(body: unknown): unknown {
  if (!isJsonObject(body)) return body;
  const { items } = body;
  if (Array.isArray(items)) return { ...body, items: items.map(credentialsNamed) };
  return Object.hasOwn(body, 'type') ? { ...body, credential_type: body['type'] } : body;
}

/** The same for a body that is sent: both names, since one server knows the one and one the other. */
export function inWireForm(kind: OperationKind, body: unknown): unknown {
  if (kind !== 'credentialWrite' || !isJsonObject(body)) return body;
  return Object.hasOwn(body, 'credential_type') ? { ...body, type: body['credential_type'] } : body;
}

/** A body in NoETL's own form, for clients of its API: members that it must not contain are left out. */
export function inOwnForm(kind: OperationKind, body: unknown): unknown {
  if (kind !== 'executions' || !Array.isArray(body)) return body;
  return body.map((row) => (isJsonObject(row) ? withoutReason(row) : row));
}

/** Upstream's text may hold internals; a row reports that it failed, its events the reason. */
function withoutReason(row: JsonObject): JsonObject {
  const { error } = row;
  return typeof error === 'string' && error !== '' ? { ...row, error: failedText } : row;
}

const atEnd = /(?:[zZ]|[+-]\d{2}(?::?\d{2})?)$/;

/**
 * Reads a time as NoETL writes it: `…Z`, `…+00:00`, `+00`, or without a zone (then UTC), `T` or a blank between.
 * @returns undefined for a value that is not a time.
 */
export function parseWireTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(' ', 'T');
  const [zone] = atEnd.exec(text.slice(10)) ?? [];
  const date = new Date(zone === undefined ? `${text}Z` : zone.length === 3 ? `${text}:00` : text);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
