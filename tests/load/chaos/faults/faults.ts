import { setTimeout as delay } from 'node:timers/promises';
import type { Interception } from '../../../../dev/noetl/stand-in.ts';
import type { World } from './world.ts';

/** Something that breaks, and is repaired a few seconds later. `break` and `repair` resolve when it is so. */
export interface Fault {
  readonly name: string;
  /** One sentence for the report. */
  readonly about: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Default: sessions in memory. */
  readonly store?: 'redis' | 'nats';
  break(world: World): Promise<void> | void;
  repair(world: World): Promise<void> | void;
  /** Requests in flight at a process that is killed get no answer. */
  readonly mayLeaveUnanswered?: boolean;
}

/** What NoETL does instead of answering. Undefined: it answers. */
export type Misbehave = () => Interception | Promise<Interception>;

const behaves = (misbehave: Misbehave) => ({
  break: ({ noetl }: World) => {
    noetl.intercept = misbehave;
  },
  repair: ({ noetl }: World) => {
    noetl.intercept = undefined;
  },
});

// Counts calls, so that each kind of garbage has its turn; at random one could be left out.
let turn = 0;
/**
 * A page, half of a JSON text, two other shapes, an error with SQL's words, and a redirect to an address at which
 * nothing listens.
 */
const garbage: readonly Interception[] = [
  { status: 200, body: '<html><body>It works!</body></html>' },
  { status: 200, body: '{"execution_id": ' },
  { status: 200, body: [] },
  { status: 200, body: { execution_id: { nested: true }, status: 42 } },
  { status: 500, body: { detail: 'duplicate key value violates unique constraint' } },
  { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } },
];

/** What `npm run chaos` breaks after the attacks, in this order. `run-fault.ts` judges all of them alike. */
export const faults: readonly Fault[] = [
  {
    name: 'noetl-slow',
    about: 'NoETL takes 4 s for each call; the gateway waits 2 s',
    ...behaves(() => delay(4_000).then(() => undefined)),
  },
  {
    name: 'noetl-dead',
    about: 'NoETL closes its connections and refuses new ones',
    break: ({ proxy }) => proxy.refuse(true),
    repair: ({ proxy }) => proxy.refuse(false),
  },
  { name: 'noetl-hangs', about: 'NoETL takes calls and never answers', ...behaves(() => 'hang') },
  { name: 'noetl-resets', about: 'NoETL breaks each connection in the middle of a call', ...behaves(() => 'reset') },
  {
    name: 'noetl-garbage',
    about: 'NoETL answers with pages, half of a JSON text, other shapes, SQL errors and redirects',
    ...behaves(() => {
      turn += 1;
      return garbage[turn % garbage.length];
    }),
  },
  {
    name: 'redis-killed',
    about: 'the Redis with the sessions is killed and comes back with what it has written',
    store: 'redis',
    break: ({ store }) => store?.stop(),
    repair: ({ store }) => store?.start(),
  },
  {
    name: 'nats-killed',
    about: 'the NATS with the sessions is killed and comes back with what it has written',
    store: 'nats',
    break: ({ store }) => store?.stop(),
    repair: ({ store }) => store?.start(),
  },
  {
    name: 'replica-killed',
    about: 'one of two replicas is killed with requests in flight, and comes back; clients ask the other one',
    store: 'redis',
    replicas: 2,
    break: ({ replicas }) => replicas[1]?.kill(),
    repair: ({ replicas }) => replicas[1]?.start(),
    mayLeaveUnanswered: true,
  },
];
