import type { GatewayHealth, ReplicaReport } from '../../../gateway/console/gateway-health.ts';
import { durationText, sizeText } from '../api/time.ts';
import { type Column, Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Every replica that shares the store, side by side. Each row is that replica's own report, up to ten seconds old. */
export function ReplicaTable({ health: { replicas, process, sessions } }: { readonly health: GatewayHealth }) {
  return (
    <section>
      <h2>Replicas</h2>
      {replicas === undefined ? (
        <p class="notice">The store that replicas share does not answer, so only this replica is known.</p>
      ) : (
        <Table
          label="Replicas"
          columns={columnsOf(process.replica)}
          rows={replicas}
          // Two processes of one host can report the same name.
          keyOf={({ replica, at }) => `${replica} ${at}`}
        />
      )}
      <p class="quiet below">
        {sessions === 'memory'
          ? 'Sessions are in memory, so this replica is the only one.'
          : `Replicas know of each other by the session store (${sessions}).`}{' '}
        Node {process.node}.
      </p>
    </section>
  );
}

/** @param own name of the replica that answers */
const columnsOf = (own: string): readonly Column<ReplicaReport>[] => [
  {
    title: 'Replica',
    isName: true,
    cell: ({ replica }) => (
      <>
        <code>{replica}</code> {replica === own && <span class="quiet">answers here</span>}
      </>
    ),
  },
  {
    title: 'State',
    cell: ({ ready, failing }) => (
      <>
        <span class={`mark ${ready ? 'yes' : 'no'}`}>{ready ? 'ready' : 'not ready'}</span>{' '}
        {failing.length > 0 && <span class="cause">{failing.join(', ')}</span>}
      </>
    ),
  },
  { title: 'Version', cell: ({ version }) => version },
  { title: 'Up for', isNumber: true, cell: ({ uptimeSecs }) => durationText(uptimeSecs * 1_000) },
  { title: 'Memory', isNumber: true, cell: ({ rss, memoryLimit }) => memoryText(rss, memoryLimit) },
  { title: 'Calls', isNumber: true, cell: ({ calls }) => calls },
  { title: 'Errors', isNumber: true, cell: ({ errors }) => errors },
  { title: '99 % within', isNumber: true, cell: ({ p99 }) => (p99 === null ? '' : durationText(p99 * 1_000)) },
  { title: 'Reported', isNumber: true, cell: ({ at }) => <Ago time={new Date(at).toISOString()} /> },
];

/** Bytes. Without a limit of the container there is nothing to compare with. */
const memoryText = (rss: number, limit: number | undefined): string =>
  limit === undefined ? sizeText(rss) : `${sizeText(rss)} of ${sizeText(limit)}`;
