import type { GatewayHealth } from '../../../gateway/console/console-answers.ts';
import { troubles, useHealth } from '../api/health.ts';
import { type Column, Failed, Heading, Loading, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { OperationNumbers, ReplicaTable } from '../parts/upstream-numbers.tsx';
import type { ViewProps } from '../view-props.ts';

/**
 * Whether the gateway can do its work, and what it did in the last minutes.
 * - `field` in the address: the operation whose numbers are plotted; all of them without it
 */
export function HealthView({ query }: ViewProps) {
  const found = useHealth();
  const health = found.data;
  return (
    <>
      <Heading title="Is the gateway well?" answer={health && verdict(health)} />
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {health === undefined ? (
        !found.error && <Loading rows={8} />
      ) : (
        <>
          <Checks health={health} />
          <ReplicaTable health={health} />
          <OperationNumbers health={health} chosen={query['field']} />
          <Counts health={health} />
        </>
      )}
    </>
  );
}

/** The answer in one sentence, with the replica and the time of its look. */
function verdict(health: GatewayHealth): string {
  const wrong = troubles(health);
  const from = `Seen by the replica ${health.process.replica} at ${new Date(health.at).toLocaleTimeString()}.`;
  return wrong.length === 0 ? `Yes. ${from}` : `No: ${wrong.join(', ')}. ${from}`;
}

/** `of` is what the check is about; `sinceMs` is set for what fails, milliseconds since 1970. */
interface Check {
  readonly name: string;
  readonly isOk: boolean;
  readonly words: string;
  readonly of: string;
  readonly sinceMs?: number | undefined;
}

/** Checks of `/ready`, what the gateway needs, and circuit breakers. */
function Checks({ health }: { readonly health: GatewayHealth }) {
  const { checks, dependencies, openBreakers, policyFile, notes } = health;
  // One table of all that can fail, so that the first rows are what to look at.
  const rows: readonly Check[] = [
    ...Object.entries(checks).map(([name, state]) => ({ name, isOk: state === 'ok', words: state, of: 'readiness' })),
    ...dependencies.map(({ name, of, isUp, failingSinceMs }) => ({
      ...{ name, of, isOk: isUp, words: isUp ? 'answers' : 'failing' },
      sinceMs: failingSinceMs,
    })),
    ...openBreakers.map((breaker) => ({ name: 'circuit breaker', of: breaker, isOk: false, words: 'open' })),
    ...(policyFile === undefined ? [] : [checkOf(policyFile)]),
  ];
  return (
    <section>
      <h2>Checks</h2>
      <Table
        label="Checks"
        columns={checkColumns}
        rows={rows.toSorted(byState)}
        keyOf={({ name, of }) => `${name} ${of}`}
      />
      {Object.values(notes).map((note) => (
        <p class="quiet below" key={note}>
          {note}
        </p>
      ))}
    </section>
  );
}

/** The policy file as a check. A file that is refused fails it, although the grants before it still count. */
const checkOf = ({ file, refused }: NonNullable<GatewayHealth['policyFile']>): Check => ({
  ...{ name: 'policy file', of: file, isOk: refused === undefined, words: refused === undefined ? 'read' : 'refused' },
  sinceMs: refused?.at,
});

/** What fails first, then by name. */
const byState = (a: Check, b: Check): number =>
  Number(a.isOk) - Number(b.isOk) || (`${a.name} ${a.of}` < `${b.name} ${b.of}` ? -1 : 1);

const checkColumns: readonly Column<Check>[] = [
  { title: 'Check', isName: true, cell: ({ name }) => name },
  { title: 'State', cell: ({ isOk, words }) => <span class={`mark ${isOk ? 'yes' : 'no'}`}>{words}</span> },
  { title: 'Of', cell: ({ of }) => <span class="quiet">{of}</span> },
  {
    title: 'Fails since',
    isNumber: true,
    cell: ({ sinceMs }) => (sinceMs === undefined ? '' : <Ago time={new Date(sinceMs).toISOString()} />),
  },
];

/** Codes and limits of the last minutes, most frequent first. */
function Counts({ health: { recent } }: { readonly health: GatewayHealth }) {
  return (
    <section>
      <h2>Errors and limits</h2>
      <Facts rows={recent.codes.map(({ code, count }) => [code, count])} none="No error was answered." />
      <Facts rows={recent.limits.map(({ limit, count }) => [limit, count])} none="No limit was reached." />
    </section>
  );
}

/** Names with counts. @param none what is shown without any */
function Facts({ rows, none }: { readonly rows: readonly (readonly [string, number])[]; readonly none: string }) {
  if (rows.length === 0) return <p class="quiet">{none}</p>;
  return (
    <dl class="facts counts">
      {rows.map(([name, count]) => [
        <dt key={name}>
          <code>{name}</code>
        </dt>,
        <dd key={`${name} count`}>{count}</dd>,
      ])}
    </dl>
  );
}
