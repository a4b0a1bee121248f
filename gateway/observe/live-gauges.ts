import { type Aggregator, Gauge, type Registry } from 'prom-client';
import type { CallClass } from '../../plugins/ports.ts';
import type { Dependency } from '../console/gateway-health.ts';

/** Numbers of the running process, read when they are scraped: they cost requests nothing. */
export interface LiveNumbers {
  /** Requests in work and open connections, by listener. */
  readonly listeners: () => Readonly<Record<'public' | 'internal', { inFlight: number; connections: number }>>;
  /** Calls to NoETL in flight and waiting for a place, by class. */
  readonly calls: () => Readonly<Record<CallClass, { readonly running: number; readonly waiting: number }>>;
  /** `class route` of every circuit breaker that is not closed. */
  readonly openBreakers: () => readonly string[];
  /** Every dependency that was seen so far. */
  readonly dependencies: () => readonly (Dependency & { readonly isUp: boolean })[];
}

const classes: readonly CallClass[] = ['auth', 'probe', 'read', 'start'];

type Rows = readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];

export function registerLiveGauges(registry: Registry, numbers: LiveNumbers): void {
  registerLoads(registry, numbers);
  gauge(
    registry,
    { name: 'breakers_open', help: 'Circuit breakers that are not closed, by class of calls.', aggregator: 'max' },
    ['class'],
    () => {
      // Counted by class: names of routes would be series without a bound.
      const open = numbers.openBreakers();
      return classes.map((name) => [{ class: name }, open.filter((one) => one.startsWith(`${name} `)).length]);
    },
  );
  gauge(
    registry,
    {
      name: 'dependency_up',
      help: '1 while the dependency answers. By name, and which of that name.',
      aggregator: 'min',
    },
    ['name', 'of'],
    () => numbers.dependencies().map(({ name, of, isUp }) => [{ name, of }, isUp ? 1 : 0]),
  );
}

function registerLoads(registry: Registry, numbers: LiveNumbers): void {
  const ofListeners = (read: (one: { inFlight: number; connections: number }) => number) => (): Rows =>
    Object.entries(numbers.listeners()).map(([listener, one]) => [{ listener }, read(one)]);
  const ofClasses = (read: (one: { running: number; waiting: number }) => number) => (): Rows => {
    const calls = numbers.calls();
    return classes.map((name) => [{ class: name }, read(calls[name])]);
  };
  const add = (name: string, help: string, label: string, rows: () => Rows) =>
    gauge(registry, { name, help, aggregator: 'sum' }, [label], rows);
  add(
    'requests_in_flight',
    'Requests in progress.',
    'listener',
    ofListeners(({ inFlight }) => inFlight),
  );
  add(
    'connections',
    'Open connections of callers.',
    'listener',
    ofListeners(({ connections }) => connections),
  );
  add(
    'upstream_in_flight',
    'Calls to NoETL in flight.',
    'class',
    ofClasses(({ running }) => running),
  );
  add(
    'upstream_waiting',
    'Calls to NoETL that wait for a place.',
    'class',
    ofClasses(({ waiting }) => waiting),
  );
}

function gauge(
  registry: Registry,
  { name, ...given }: { readonly name: string; readonly help: string; readonly aggregator: Aggregator },
  labelNames: readonly string[],
  rows: () => Rows,
): void {
  new Gauge({
    name: `noetl_gateway_${name}`,
    ...given,
    labelNames: [...labelNames],
    registers: [registry],
    collect() {
      // What is gone, for example a dependency of another config, must not stay at its last number.
      this.reset();
      for (const [labels, value] of rows()) this.set(labels, value);
    },
  });
}
