import { type Health, type RecentField, troubles, useHealth } from '../api/health.ts';
import { agoText, durationText, sizeText } from '../api/time.ts';
import { Scroll } from '../parts/scroll.tsx';
import { Failed, Heading, Loading } from '../parts/states.tsx';

/** Whether the gateway can do its work, and what it did in the last minutes. */
export function HealthView() {
  const found = useHealth();
  const health = found.data;
  return (
    <>
      <Heading title="Is the gateway well?" answer={health && verdict(health)} />
      {found.error && <Failed error={found.error} retry={() => void found.refetch()} />}
      {health === undefined ? !found.error && <Loading rows={8} /> : <Parts health={health} />}
    </>
  );
}

function verdict(health: Health): string {
  const wrong = troubles(health);
  const from = `Seen by the replica ${health.process.replica} at ${new Date(health.at).toLocaleTimeString()}.`;
  return wrong.length === 0 ? `Yes. ${from}` : `No: ${wrong.join(', ')}. ${from}`;
}

function Parts({ health }: { readonly health: Health }) {
  const { recent } = health;
  return (
    <>
      <section>
        <h2>Checks</h2>
        <Checks health={health} />
        {Object.values(health.notes).map((note) => (
          <p class="notice" key={note}>
            {note}
          </p>
        ))}
      </section>
      <section>
        <h2>Operations in the last {recent.minutes} minutes</h2>
        {recent.fields.length === 0 ? <p class="quiet">No operation ran.</p> : <Operations fields={recent.fields} />}
      </section>
      <section>
        <h2>Errors and limits</h2>
        <Counts rows={recent.codes.map(({ code, count }) => [code, count])} none="No error was answered." />
        <Counts rows={recent.limits.map(({ limit, count }) => [limit, count])} none="No limit was reached." />
      </section>
      <Process health={health} />
    </>
  );
}

function Checks({ health: { checks, dependencies, at } }: { readonly health: Health }) {
  return (
    <Scroll label="Checks">
      <table>
        <tbody>
          {Object.entries(checks).map(([name, state]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                <span class={`mark ${state === 'ok' ? 'yes' : 'no'}`}>{state}</span>
              </td>
              <td class="quiet">readiness</td>
            </tr>
          ))}
          {dependencies.map(({ name, of, isUp, failingSinceMs }) => (
            <tr key={`${name} ${of}`}>
              <th scope="row">{name}</th>
              <td>
                <span class={`mark ${isUp ? 'yes' : 'no'}`}>{isUp ? 'answers' : 'failing'}</span>
              </td>
              <td class="quiet">
                {of}
                {failingSinceMs !== undefined && `, since ${agoText(at - failingSinceMs)}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Operations({ fields }: { readonly fields: readonly RecentField[] }) {
  return (
    <Scroll label="Operations">
      <table class="operations">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col">Calls by minute</th>
            {['Calls', 'Errors', 'Half within', '99 % within'].map((title) => (
              <th scope="col" class="number" key={title}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {fields.map(({ field, perMinute, calls, errors, p50, p99 }) => (
            <tr key={field}>
              <th scope="row">
                <code>{field}</code>
              </th>
              <td>
                <Bars values={perMinute} />
              </td>
              <td class="number">{calls}</td>
              <td class="number">{errors === 0 ? errors : <span class="mark no">{errors}</span>}</td>
              <td class="number">{boundText(p50, calls)}</td>
              <td class="number">{boundText(p99, calls)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

const boundText = (seconds: number | null, calls: number): string =>
  seconds === null ? (calls === 0 ? '' : 'over 30 s') : durationText(seconds * 1_000);

/** A bar a minute, the newest on the right. */
function Bars({ values }: { readonly values: readonly number[] }) {
  const highest = Math.max(1, ...values);
  const bars = values.map((value, index) => {
    const height = value === 0 ? 1 : Math.max(2, Math.round((value / highest) * 20));
    return `M${index * 6} ${20 - height}h4v${height}h-4z`;
  });
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${values.length * 6} 20`}
      role="img"
      aria-label={`Calls by minute: ${values.join(', ')}`}
    >
      <path d={bars.join('')} />
    </svg>
  );
}

function Counts({ rows, none }: { readonly rows: readonly (readonly [string, number])[]; readonly none: string }) {
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

function Process({ health: { process, sessions } }: { readonly health: Health }) {
  const rows = [
    ['Replica', process.replica],
    ['Version', process.version],
    ['Node', process.node],
    ['Up for', durationText(process.uptimeSecs * 1_000)],
    ['Memory', sizeText(process.rss)],
    ['Sessions are in', sessions === 'memory' ? 'the memory of this process' : sessions],
  ] as const;
  return (
    <section>
      <h2>Process</h2>
      <dl class="facts">
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}
      </dl>
    </section>
  );
}
