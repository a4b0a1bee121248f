import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../plugins/clock.ts';
import { parseSessionToken } from '../plugins/noetl-auth/session/session-token.ts';
import type { Observe } from '../plugins/observe.ts';
import type { SessionValidator } from '../plugins/ports.ts';
import type { CallbackRegistry } from './callbacks/callback-registry.ts';
import type { ResolvedConfig } from './config/gateway-config.ts';
import type { ReadinessProbe } from './http/readiness.ts';
import type { IssuersVerifier } from './identity/identity-verifier.ts';
import { issuerFailureOf, issuerProblem } from './identity/issuer-documents.ts';

/** What must be known before a login can work, beside NoETL and the store (ADR 0024). */
export interface LoginReadiness {
  /** For the parts of the process: an auth playbook that was answered has used the callback address. */
  readonly observe: Observe;
  probes(parts: LoginParts): readonly ReadinessProbe[];
  /** Reads what the issuers publish, so that one that cannot be read is in the log before the first login. */
  readIssuers(parts: Pick<LoginParts, 'verifier'>): void;
}

interface LoginParts {
  readonly verifier: Pick<IssuersVerifier, 'known'>;
  readonly validator: SessionValidator;
  readonly callbacks: CallbackRegistry;
}

/** Between two tries to prove the callback address. Each try is a run of an auth playbook. */
const retryMs = 10_000;
/** A readiness check waits so long for a try; the result counts for the next check. */
const waitMs = 2_000;

export function createLoginReadiness(
  config: ResolvedConfig,
  clock: Clock,
  observe: Observe,
  fetch = globalThis.fetch,
): LoginReadiness {
  const { login, validator, access } = config.auth;
  const needsCallback = [login.kind, validator.kind, access.checker].includes('playbook');
  let wasUsed = false;

  /** A made-up session is validated: NoETL runs the playbook, and its callback proves the address from NoETL's side. */
  async function prove(parts: LoginParts): Promise<void> {
    if (validator.kind === 'playbook' && config.adapters.validator === undefined) {
      const token = parseSessionToken(`readiness-${randomBytes(24).toString('base64url')}`);
      if (token !== undefined) await parts.validator.validate(token);
    } else if (await reachesItself(parts.callbacks, config.listen.internalUrl, fetch)) wasUsed = true;
  }

  function callbackProbe(parts: LoginParts): ReadinessProbe {
    let startedAt = Number.NEGATIVE_INFINITY;
    let running: Promise<void> | undefined;
    return {
      name: 'callback',
      async probe() {
        if (!wasUsed && running === undefined && clock() - startedAt >= retryMs) {
          startedAt = clock();
          // A failure is logged as one of the playbook, with what to do.
          running = prove(parts).catch(() => {});
          void running.then(() => {
            running = undefined;
          });
        }
        if (!wasUsed) await Promise.race([running, sleep(waitMs, undefined, { ref: false })]);
        if (!wasUsed) throw new Error('no auth playbook has called back yet');
        return undefined;
      },
    };
  }

  return {
    observe(event) {
      if (event.type === 'auth_playbook' && event.outcome === 'answered') wasUsed = true;
      observe(event);
    },
    probes: (parts) => [
      ...(needsCallback ? [callbackProbe(parts)] : []),
      issuersProbe(parts.verifier.known, config.auth.jwtMode, observe),
    ],
    readIssuers: ({ verifier: { known } }) =>
      void issuersProbe(known, config.auth.jwtMode, observe)
        .probe()
        .catch(() => {}),
  };
}

/**
 * Whether the documents of an issuer could be read. One that was read once counts as read: its keys are kept, and an outage of
 * the provider must not take away sessions that do not need it.
 */
function issuersProbe(
  known: IssuersVerifier['known'],
  mode: ResolvedConfig['auth']['jwtMode'],
  observe: Observe,
): ReadinessProbe {
  const unread = new Map(known.map(({ rules, documents }) => [rules.issuer, documents]));
  return {
    name: 'issuers',
    async probe() {
      await Promise.all(
        [...unread].map(async ([issuer, documents]) => {
          try {
            await Promise.race([documents.keyCount(), tooLate(waitMs)]);
            unread.delete(issuer);
            observe({ type: 'provider_call', issuer });
          } catch (error) {
            observe({
              type: 'provider_call',
              issuer,
              problem: issuerProblem(error)?.problem ?? issuerFailureOf(error),
            });
          }
        }),
      );
      if (unread.size === 0) return undefined;
      // In shadow mode NoETL decides on tokens.
      if (unread.size === known.length && mode === 'enforce') throw new Error('no issuer could be read');
      return `not read yet: ${[...unread.keys()].join(', ')}`;
    },
  };
}

async function tooLate(ms: number): Promise<never> {
  await sleep(ms, undefined, { ref: false });
  throw new Error('no answer in time');
}

/** Calls back as a playbook does, from here: the address leads to this process. */
async function reachesItself(callbacks: CallbackRegistry, internalUrl: string, fetch: typeof globalThis.fetch) {
  const pending = callbacks.open(internalUrl);
  let hasArrived = false;
  void pending.answer.then(() => {
    hasArrived = true;
  });
  try {
    const reply = await fetch(`${pending.gatewayUrl}/api/internal/callback`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ request_id: pending.requestId, status: 'success' }),
      redirect: 'manual',
      signal: AbortSignal.timeout(waitMs),
    });
    await reply.body?.cancel();
    return hasArrived;
  } finally {
    pending.close();
  }
}
