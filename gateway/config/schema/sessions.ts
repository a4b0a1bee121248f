import { isSessionKey } from '../session-trust.ts';
import { sharedStoreForms, storeKindOf } from '../store-kinds.ts';
import { flag, integer, list, text } from './field.ts';
import { section } from './node.ts';

// Longer than any session; a life in milliseconds must stay within what timers and dates hold.
const year = 366 * 24 * 3_600_000;

/** Where sessions are kept and how long each layer trusts what it knows (docs/sessions.md). */
export const sessions = section({
  store: text({
    env: 'GATEWAY_SESSION_STORE',
    secret: true,
    default: 'memory:',
    doc: `\`memory:\` for one process; ${sharedStoreForms} is shared by replicas; \`?prefix=\` names the deployment`,
    accepts: (url) => storeKindOf(url) !== undefined,
    must: `must be memory:, ${sharedStoreForms}`,
  }),
  // Three states: absent is a warning, `true` is accepted, `false` refuses to start.
  acceptMemory: flag({
    env: 'GATEWAY_SESSION_ACCEPT_MEMORY',
    optional: true,
    doc: 'in production, whether `memory:` is accepted although sessions that were ended work again after a restart where NoETL still knows them: `false` refuses to start, as the manifests have it; without it the gateway starts with a warning',
  }),
  key: list({
    env: 'GATEWAY_SESSION_KEY',
    secret: true,
    default: [],
    doc: 'base64 of at least 32 random bytes, which signs records in a shared store; two while they are exchanged, the first one signs; required with a shared store in production',
    item: (text) => (isSessionKey(text) ? text : undefined),
    must: 'must be base64 of at least 32 random bytes: openssl rand -base64 32',
  }),
  cacheTtlMs: integer({
    default: 5_000,
    min: 0,
    max: year,
    doc: 'a process uses a session for this long before it reads the store again',
  }),
  cacheSize: integer({ default: 10_000, min: 1, max: 10_000_000, doc: 'sessions in the memory of a process' }),
  revalidateMs: integer({
    default: 300_000,
    min: 1_000,
    max: year,
    doc: 'the validator is asked again about a session after this',
  }),
  invalidTtlMs: integer({
    default: 10_000,
    min: 0,
    max: year,
    doc: 'an invalid token is refused from memory for this long',
  }),
  maxHours: integer({ default: 24, min: 1, max: 8784, doc: 'longest life of a session' }),
});
