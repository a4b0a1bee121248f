import { choice, flag, integer } from './field.ts';
import { section } from './node.ts';

const most = { min: 1, max: 1_000_000 };

/** Results that arrive by themselves: `GET /events`, callbacks of playbooks, and how long results wait. */
export const events = section({
  enabled: flag({ env: 'GATEWAY_SSE_ENABLED', default: true, doc: 'serve `GET /events`' }),
  heartbeatSecs: integer({
    env: 'GATEWAY_HEARTBEAT_INTERVAL_SECS',
    default: 30,
    min: 1,
    max: 3600,
    doc: 'between two `ping` events; proxies close streams that are silent for long',
  }),
  connectionSecs: integer({
    env: 'GATEWAY_CONNECTION_TIMEOUT_SECS',
    default: 0,
    min: 0,
    max: 604_800,
    doc: 'a stream ends after this, and its client connects again and loses nothing; 0: no limit',
  }),
  sessionInQuery: flag({
    default: true,
    doc: 'accept `?session_token=` at `/events`; browsers’ EventSource cannot send headers. Tickets take its place',
  }),
  ticketSecs: integer({ default: 30, min: 1, max: 300, doc: 'life of a ticket of `POST /api/auth/ticket`' }),
  keepSecs: integer({
    default: 1_800,
    min: 60,
    max: 604_800,
    doc: 'a result waits this long for its client, and a request for its callback',
  }),
  resultBytes: integer({
    default: 512 * 1024,
    min: 1_024,
    max: 16 * 1024 * 1024,
    doc: 'of one delivered result; a larger one is left out with a note, and `execution(id)` has it',
  }),
  callbackBytes: integer({
    default: 8 * 1024 * 1024,
    min: 1_024,
    max: 64 * 1024 * 1024,
    doc: 'body of a playbook’s callback; 413 beyond, which makes its playbook FAILED',
  }),
  streams: integer({
    default: 5_000,
    ...most,
    doc: 'open streams of `/events` and subscriptions; 503 beyond. Workers have a share of it',
  }),
  streamsPerUser: integer({
    default: 1_000,
    ...most,
    doc: 'of one user; 429 beyond. Workers have a share of it, of at least 20',
  }),
  streamsPerAddress: integer({
    default: 1_000,
    ...most,
    doc: 'of one address (IPv6: of one /64); 429 beyond. Workers have a share of it, of at least 20',
  }),
  pendingPerUser: integer({
    default: 1_000,
    ...most,
    doc: 'requests of one user without a result, per process, so of each worker; 429 beyond',
  }),
  callbacks: choice(['internal', 'public'], {
    default: 'internal',
    doc: '`public`: playbooks call back at `listen.publicUrl`, for clusters where they cannot reach the internal port yet',
  }),
});
