import { parseStoreUrl } from '../addresses.ts';
import { integer, text } from './field.ts';
import { section } from './node.ts';

const year = 366 * 24 * 3_600_000;

export const sessions = section({
  store: text({
    env: 'GATEWAY_SESSION_STORE',
    secret: true,
    default: 'memory:',
    doc: '`memory:` for one process; `redis://…`, `rediss://…` or `nats://…` is shared by replicas',
    accepts: parseStoreUrl,
    must: 'must be memory:, redis://…, rediss://… or nats://…',
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
