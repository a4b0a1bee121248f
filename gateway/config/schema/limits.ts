import { flag, integer } from './field.ts';
import { named, section } from './node.ts';
import { maxTextBytes } from './upstream.ts';

// Bounds far above any use: a limit can be set as good as off, and is never zero, negative or a fraction.
const count = { min: 1, max: 2 ** 31 };
const userCount = { min: 1, max: 1_000_000 };

/**
 * What callers may take. Each limit is of one process, and workers have a share of those at a time (ADR 0019); rates
 * are counted for all replicas where the session store is Redis.
 */
export const limits = section({
  bodyBytes: integer({ default: 1024 * 1024, min: 1, max: maxTextBytes, doc: 'body of a request; 413 beyond' }),
  queryBytes: integer({ default: 32 * 1024, ...count, doc: 'text of a query, bytes; 400 beyond' }),
  queryDepth: integer({ default: 15, ...count, doc: 'nested selections; 400 beyond' }),
  queryAliases: integer({ default: 15, ...count, doc: 'aliases; 400 beyond' }),
  queryRootFields: integer({ default: 10, ...count, doc: 'root fields; 400 beyond' }),
  queryTokens: integer({ default: 1_000, ...count, doc: 'tokens of the document; 400 beyond' }),
  queryCost: integer({ default: 5_000, ...count, doc: 'cost of the document; 400 beyond' }),
  queryDirectives: integer({ default: 50, ...count, doc: 'directives; 400 beyond' }),
  batching: flag({ default: false, doc: 'accept arrays of operations' }),
  // See `ArgumentLimits` of `plugins/noetl-auth/argument-guard.ts`.
  unbrokenRun: integer({
    default: 4_000,
    ...count,
    doc: 'letters and digits without a break in `variables`; NoETL reads longer runs in quadratic time',
  }),
  validationsAtOnce: integer({ default: 16, ...count, doc: 'validations of unknown tokens in flight' }),
  validationsWaiting: integer({ default: 64, ...count, doc: 'validations that wait; 503 beyond' }),
  startsAtOnce: integer({
    default: 16,
    ...count,
    doc: 'starts of playbooks in flight to NoETL, per replica; NoETL refuses starts when 32 wait',
  }),
  userCallsAtOnce: integer({ default: 32, ...count, doc: 'calls to NoETL in flight for one user' }),
  userCallsWaiting: integer({ default: 128, ...count, doc: 'calls of one user that wait for a place; 503 beyond' }),
  callWaitMs: integer({ default: 5_000, ...count, doc: 'a call that waits longer for a place is not made; 503' }),
  connections: integer({ default: 10_000, ...count, doc: 'connections to the public listener; closed beyond' }),
  connectionsPerAddress: integer({
    default: 1_000,
    ...count,
    doc: 'connections from one address; closed beyond. With `listen.trustedProxies`: requests in flight of one client; 503 beyond',
  }),
  requestBytesInFlight: integer({
    default: 16 * 1024 * 1024,
    ...count,
    doc: 'bodies of requests in memory, of one address a quarter; 503 beyond',
  }),
  upstreamBytesInFlight: integer({
    default: 32 * 1024 * 1024,
    ...count,
    doc: 'responses of NoETL in memory, of one user a quarter; 503 beyond',
  }),
  responseBytesInFlight: integer({
    default: 64 * 1024 * 1024,
    ...count,
    doc: 'large responses that are not read yet, of one address a quarter; 503 beyond',
  }),
  loginsPerMinute: integer({ default: 60, ...count, doc: 'refused logins of one address; 429 beyond' }),
  checksPerMinute: integer({
    default: 600,
    ...count,
    doc: 'session checks, access checks and stream tickets of one user, each; 429 beyond',
  }),
  guessesPerMinute: integer({
    default: 60,
    ...count,
    doc: 'invalid session tokens of one address (IPv6: of one /64), over all entrances; 429 beyond',
  }),
  guessesPerMinuteInAll: integer({
    default: 600,
    ...count,
    doc: 'the same, of all addresses that sent invalid tokens before in that minute; 429 beyond',
  }),
  startsPerSecond: integer({ default: 20, ...count, doc: 'playbooks that one user starts; 429 beyond' }),
  startsBurst: integer({ default: 60, ...count, doc: 'playbooks that one user starts at once' }),
  callsPerSecond: integer({
    default: 200,
    ...count,
    doc: 'calls to NoETL that one user causes; an answer without a call does not count; 429 beyond',
  }),
  callsBurst: integer({ default: 600, ...count, doc: 'calls to NoETL that one user causes at once' }),
  /** By role, `{ admin: { startsPerSecond: 50 } }`; of a user's roles the largest limit counts. */
  byRole: named(
    section({
      startsPerSecond: integer({
        optional: true,
        ...userCount,
        doc: 'for users of this role; with several the largest',
      }),
      startsBurst: integer({ optional: true, ...userCount, doc: 'for users of this role; with several the largest' }),
      callsPerSecond: integer({
        optional: true,
        ...userCount,
        doc: 'for users of this role; with several the largest',
      }),
      callsBurst: integer({ optional: true, ...userCount, doc: 'for users of this role; with several the largest' }),
    }),
  ),
});
