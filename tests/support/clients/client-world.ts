import { type ApiAnswer, noetlApi } from '../noetl-api.ts';

/** A gateway in front of a NoETL, as the simulated clients meet it. */
export interface ClientWorld {
  readonly url: string;
  /** A second replica; clients that connect again meet it. Default: the same one. */
  readonly otherUrl?: string;
  /** An identity token of a user: `admin` or `developer`. */
  readonly identityToken: (user: string) => Promise<string>;
  /** A playbook that ends within a second, and one that runs for some seconds. */
  readonly quick: string;
  readonly slow: string;
  /** The source of a valid playbook for a path. */
  readonly source: (path: string) => string;
  /** A credential that exists, and a part of its secret. */
  readonly credential: { readonly name: string; readonly secret: string };
}

/** One thing that a client does; it throws when the client could not go on from what it got. */
export interface ClientStep {
  readonly does: string;
  readonly run: () => Promise<void>;
}

/** A client as its calls: written from what it sends and reads, not from its code. */
export interface SimulatedClient {
  readonly name: string;
  readonly steps: (world: ClientWorld) => readonly ClientStep[];
}

/** What a client needs to go on. @throws with what it got instead */
export function need(condition: unknown, what: string, got?: unknown): asserts condition {
  if (!condition) throw new Error(`${what}${got === undefined ? '' : `; got ${JSON.stringify(got).slice(0, 300)}`}`);
}

/** The answer, when its status is one that the client takes. */
export function expectStatus(answer: ApiAnswer, ...statuses: readonly number[]): ApiAnswer {
  need(statuses.includes(answer.status), `status ${statuses.join(' or ')} is needed`, [answer.status, answer.body]);
  return answer;
}

export interface Login {
  readonly token: string;
  readonly roles: readonly string[];
}

/** `POST /api/auth/login`, with the body that the client sends. */
export async function logIn(world: ClientWorld, user: string, body: Readonly<Record<string, unknown>>): Promise<Login> {
  const call = noetlApi(world.url, undefined);
  const sent = { auth0_token: await world.identityToken(user), ...body };
  const answer = expectStatus(await call('POST', '/api/auth/login', sent), 200);
  need(typeof answer.body.session_token === 'string', 'session_token is a text', answer.body);
  need(Array.isArray(answer.body.user?.roles), 'user.roles is a list', answer.body.user);
  return { token: answer.body.session_token, roles: answer.body.user.roles };
}

/** Polls until the condition holds. */
export async function eventually<T>(ask: () => Promise<T>, holds: (value: T) => boolean, what: string): Promise<T> {
  const end = performance.now() + 30_000;
  for (;;) {
    const value = await ask();
    if (holds(value)) return value;
    need(performance.now() < end, what, value);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

const terminal = new Set(['COMPLETED', 'FAILED', 'CANCELLED']);
export const isOver = (status: unknown): boolean => typeof status === 'string' && terminal.has(status.toUpperCase());

export const executeText =
  'mutation Execute($name: String!, $vars: JSON, $clientId: String) { executePlaybook(name: $name, variables: $vars, clientId: $clientId) { id executionId requestId name status } }';
