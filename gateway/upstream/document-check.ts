import { GatewayError } from '../../plugins/errors.ts';
import { idText } from '../../plugins/json/lossless-json.ts';
import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { isMissingRoute } from '../../plugins/noetl/upstream-answer.ts';
import type { Upstream, UpstreamCall, UpstreamReply } from '../../plugins/ports.ts';
import type { RouteProbe } from '../calls/route-probe.ts';

/** NoETL's API of now against the pulled document. `not checked`: NoETL does not answer, or refuses what would show it. */
export type DriftState = 'same' | 'differs' | 'not checked';

type Document = Readonly<Record<string, unknown>>;

/** What a look found. */
export interface DocumentCheck {
  readonly state: DriftState;
  /** What it means, and the next step. */
  readonly text: string;
  /** The live document, where NoETL publishes another than the pulled one, and its hash. */
  readonly live?: { readonly hash: string; readonly document: Document };
  /** Whether looking again soon may find more. */
  readonly isOutage: boolean;
}

/** The state and its text, in the same words wherever they are shown. */
export const driftText = ({ state, text }: Pick<DocumentCheck, 'state' | 'text'>): string => `${state}: ${text}`;

export interface DocumentCheckOptions {
  readonly upstream: Upstream;
  /** Hash of the pulled document. */
  readonly lockedHash: string;
  /** The same of a live one. */
  readonly hashOf: (document: Document) => string;
  /** For servers that publish no document. */
  readonly probes: readonly RouteProbe[];
}

const documentPath = '/openapi.json';

/**
 * Compares NoETL's live document with the pulled one; of a server that publishes none, the routes and members that open rows
 * use. It makes GETs only. Never throws for what NoETL answers.
 */
export async function checkDocument(options: DocumentCheckOptions): Promise<DocumentCheck> {
  const { upstream, lockedHash, hashOf, probes } = options;
  const call = { method: 'GET', path: documentPath, idempotent: true, timeoutMs: 10_000, route: documentPath } as const;
  const reply = await ask(upstream, { ...call, class: 'probe' });
  if (typeof reply === 'string') return unchecked(reply, true);
  const { status, body } = reply;
  if (status >= 500) return unchecked(`NoETL answers ${status} to GET ${documentPath}`, true);
  if (status !== 200 || !isJsonObject(body) || !('paths' in body)) return probeRoutes(upstream, probes);
  // Numbers as `pull` read them: the client of the upstream keeps digits that JSON.parse does not.
  const document = JSON.parse(JSON.stringify(body)) as Document;
  const hash = hashOf(document);
  if (hash === lockedHash) return { state: 'same', text: 'NoETL’s live document is the pulled one', isOutage: false };
  const text = 'NoETL’s live document is another than the pulled one: run noetl-gateway diff, then pull and generate';
  return { state: 'differs', text, live: { hash, document }, isOutage: false };
}

const unchecked = (text: string, isOutage: boolean): DocumentCheck => ({ state: 'not checked', text, isOutage });

/** @returns a text where NoETL gives no answer */
async function ask(upstream: Upstream, call: UpstreamCall): Promise<UpstreamReply | string> {
  try {
    return await upstream.request(call);
  } catch (error) {
    return error instanceof GatewayError ? error.message : 'NoETL does not answer';
  }
}

/** A valid id that no execution has. */
const noExecution = '1';

/** What the probes found, each with the operation that it is about. */
interface Found {
  readonly differences: string[];
  readonly refused: string[];
  /** Operations whose path is there, of which no read shows more. */
  readonly unseen: string[];
}

/** One after the other: a look is nothing that NoETL should feel. */
async function probeRoutes(upstream: Upstream, probes: readonly RouteProbe[]): Promise<DocumentCheck> {
  const found: Found = { differences: [], refused: [], unseen: [] };
  let executionId = noExecution;
  for (const probe of probes) {
    const reply = await ask(upstream, probe.call(executionId));
    if (typeof reply === 'string') return unchecked(reply, true);
    if (reply.status >= 500) return unchecked(`NoETL answers ${reply.status} for ${probe.operation}`, true);
    judge(probe, reply, found);
    executionId = newestExecution(reply.body) ?? executionId;
  }
  return verdict(found);
}

/** Of the list, which is asked first. */
function newestExecution(body: unknown): string | undefined {
  const [row] = Array.isArray(body) ? body : [];
  return isJsonObject(row) ? idText(row['execution_id']) : undefined;
}

function judge({ operation, lacking }: RouteProbe, reply: UpstreamReply, found: Found): void {
  const { status, body } = reply;
  const isRead = operation.startsWith('GET ');
  if (isMissingRoute(reply) || (status === 405 && isRead)) found.differences.push(`${operation} is missing`);
  else if (isRefusal(status)) found.refused.push(`NoETL answers ${status} for ${operation}`);
  else if (status < 300 && lacking !== undefined) {
    const names = lacking(body);
    if (names.length > 0) found.differences.push(`${operation} answers without ${names.join(', ')}`);
  } else if (!isRead && status !== 405) found.unseen.push(operation);
}

/** Statuses that are about the caller or the place, and prove nothing about the operation. */
const isRefusal = (status: number): boolean => [401, 403, 429].includes(status) || (status >= 300 && status < 400);

/** A text of this size is a line of a log and of the console. */
const namedAtMost = 5;

function listed(names: readonly string[], separator: string): string {
  const more = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(separator) + (more > 0 ? `${separator}and ${more} more` : '');
}

function verdict({ differences, refused, unseen }: Found): DocumentCheck {
  const intro = 'NoETL publishes no document';
  if (differences.length > 0) {
    const text = `${intro}, and ${listed(differences, '; ')}: pull the document of its release, then generate`;
    return { state: 'differs', text, isOutage: false };
  }
  if (refused.length > 0) return unchecked(`${intro}, and ${listed(refused, '; ')}: see upstream.token`, false);
  const but = unseen.length === 0 ? '' : `; no read shows ${listed(unseen, ', ')}`;
  return { state: 'same', text: `${intro}, and has the routes and members that open rows use${but}`, isOutage: false };
}
