import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { PlaybookStep } from '../../dev/noetl/executions.ts';
import { end, python, sample } from '../../dev/noetl/samples.ts';
import { isRawNumber, parseJson } from '../../plugins/json/lossless-json.ts';
import { closeStandIns, standIn } from '../support/stand-in-client.ts';

/** Answers of real servers to playbooks of ours, trimmed: Python 4.26.0, and Rust server 3.54.0 with worker 5.52.0. */
const fixtures = new URL('../fixtures/noetl/', import.meta.url);

type Members = Record<string, unknown>;
type Server = 'python' | 'rust';

afterEach(closeStandIns);

const start = python('start', { ok: true });
const raises = (name: string, error: string): PlaybookStep => ({ name, ms: 5, error });
const query = (name: string, rowCount: number): PlaybookStep => ({
  ...python(name, { message: `Command executed. ${rowCount} rows affected.`, row_count: rowCount }),
  tool: 'postgres',
});
const work = (server: Server): string => (server === 'python' ? 'work' : 'start');
const long = (text: string): unknown => parseJson(text);
const rows = (server: Server) =>
  Array.from({ length: 40 }, (_, n) => ({
    id: long(String(9_007_199_254_740_994n + BigInt(n))),
    name: `Zoë${n + 1}`,
    price: server === 'python' ? 12.34 : '12.34',
    at: '2026-11-27T13:53:51.282821+00:00',
    doc: { a: [1, 2] },
  }));

/** The playbooks whose answers were recorded, by the name of the fixture: path, workload and steps. */
const recorded: Readonly<
  Record<string, readonly [path: string, workload: object, steps: (server: Server) => readonly PlaybookStep[]]>
> = {
  'amadeus-tail': [
    'real/amadeus_tail',
    { query: 'SFO to JFK', request_id: '', gateway_url: 'http://gateway.gateway.svc.cluster.local' },
    () => [
      query('start', -1),
      python('extract_summary', { summary_text: '3 flights found for SFO to JFK', amadeus_query_json: '{}' }),
      { ...query('persist_result', 1), skips: 'send_callback' },
      { name: 'end', ms: 5, tool: 'noop' },
    ],
  ],
  bigint: [
    'real/bigint',
    { id: long('767149308655239900') },
    (server) => [
      python(
        work(server),
        long('{"id":9223372036854775807,"id2":9007199254740993,"given":767149308655239900,"exact":"9007199254740993"}'),
      ),
      end(),
    ],
  ],
  'fail-alone': ['probe/fail_alone', { x: 1 }, () => [raises('start', 'single failure')]],
  'fail-then-work': [
    'real/fail_then_work',
    { seconds: 3 },
    (server) => [
      { ...raises(server === 'python' ? 'boom' : 'start', 'first step fails'), continues: true },
      python('cleanup', { cleaned: true, textOutput: 'cleaned up' }, 3_000),
      end(),
    ],
  ],
  failing: [
    'real/failing',
    { x: 1 },
    () => [start, { ...raises('boom', 'customer 4711 has no credit limit'), continues: true }, end()],
  ],
  lastuseful: [
    'real/lastuseful',
    { name: 'world' },
    () => [start, end({ summary: '3 flights found', flights: [{ id: 1 }], total: 3 })],
  ],
  onestep: ['real/onestep', { name: 'world' }, () => [python('start', { hello: 'world' })]],
  'pgrows-last': [
    'real/pgrows_last',
    { n: 40 },
    (server) => [
      start,
      {
        ...python('query', { rows: rows(server), columns: ['id', 'name', 'price', 'at', 'doc'] }),
        tool: 'postgres',
      },
    ],
  ],
  'ret-scalar': ['real/ret_scalar', { n: 3 }, () => [start, python('final', 42)]],
  secret: [
    'real/secret',
    { x: 1 },
    (server) => [
      python(work(server), {
        access_token: 'abc123secret',
        password: 'hunter2',
        api_key: 'k-1',
        session_token: 'deadbeef',
      }),
      end(),
    ],
  ],
  slow: ['real/slow', { seconds: 3 }, (server) => [python(work(server), { slept: 3 }, 3_000), end()]],
};
const playbooksOf = (server: Server) =>
  Object.values(recorded).map(([path, workload, steps]) => sample(path, '', { ...workload }, () => steps(server)));

const fileOf = (server: Server, name: string) => new URL(`${server}/${name}.jsonl`, fixtures);

/** Everything that was read when the execution was over. */
function fixture(server: Server, name: string): Members & { events: Members[] } {
  const lines = readFileSync(fileOf(server, name), 'utf8').trim().split('\n');
  const parts = lines.map((line) => parseJson(line) as Members);
  const events = parts.flatMap((part) => ('event' in part ? [part['event'] as Members] : []));
  return { ...Object.assign({}, ...parts), events };
}

/** The same things, read from a stand-in. */
async function played(server: Server, name: string) {
  const at = await standIn({ speak: server, playbooks: playbooksOf(server) });
  const id = await at.start(recorded[name]?.[0] ?? '');
  at.clock.advance(60_000);
  const read = async (path: string): Promise<unknown> => (await at.call('GET', path)).body;
  const { events, ...detail } = (await read(`/api/executions/${id}?page_size=100`)) as Members & { events: Members[] };
  const rows = (await read('/api/executions?page=1&page_size=50')) as Members[];
  return {
    ...{ detail, status: await read(`/api/executions/${id}/status`) },
    listed: rows.find((row) => String(text(row['execution_id'])) === id),
    events: server === 'python' ? events.toReversed() : events,
    read,
  };
}

const text = (value: unknown): unknown => (isRawNumber(value) ? value.rawJSON : value);

/** Members whose values are ids, times, sizes or sources: only their kind is compared. */
const ids = /^(?:.*_id|uuid|id|event_ids|__loop_epoch_id)$/;
const measured = /^(?:duration.*|.*_ms|bytes|sha256|code|command|events_endpoint|_ref|ref|page_size|version)$/;

/** A value in which everything that differs from run to run is replaced by its kind. */
function settled(value: unknown, name = ''): unknown {
  if (ids.test(name) && looksLikeId(value)) return `id as ${isRawNumber(value) ? 'number' : typeof value}`;
  if (measured.test(name) && value !== null && !isMembers(value)) return `some ${name}`;
  if (isRawNumber(value)) return value.rawJSON;
  if (typeof value === 'string') return settledText(value);
  if (Array.isArray(value)) return arrayOf(value, name);
  if (!isMembers(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([member, each]) => [member, settled(each, member)]));
}

/** The server keeps completed steps in a set. */
function arrayOf(value: readonly unknown[], name: string): unknown {
  const items = value.map((item) => settled(item, name));
  return name === 'completed_steps' ? items.sort() : items;
}

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

function looksLikeId(value: unknown): boolean {
  return /^(?:\d{17,}|[0-9a-f]{8}-.*|loop_\d+_\d+|worker-[0-9a-f]+|rw1|\d+:.*:\d+(?::i\d+)?)$/.test(
    String(text(value)),
  );
}

function settledText(value: string): string {
  return value
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?/g, 'time')
    .replace(/noetl:\/\/execution\/\d+\/result\/(\S+)\/[0-9a-f]+/g, 'noetl://execution/id/result/$1/id')
    .replace(/\b\d{17,}\b(?=:)/g, 'id')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1')
    .replace(/(JSON data, line 1: ).*/s, '$1…');
}

/** An event without what its time and place make of it; of a command the sources of its tool are left out. */
function settledEvent({ event_type, node_name, status, result, error, context }: Members): unknown {
  return { event_type, node_name, status, result: settled(result), error: settled(error), context: commandOf(context) };
}

function commandOf(context: unknown): unknown {
  if (!isMembers(context) || !isMembers(context['render_context'])) return settled(context ?? null);
  const rendered = context['render_context'];
  const { ctx } = rendered;
  if (ctx === undefined)
    return { ref: settled(rendered['ref'], 'ref'), kind: rendered['kind'], store: rendered['store'] };
  const members = Array.isArray(rendered['members']) ? rendered['members'] : Object.keys(rendered).sort();
  return { ctx: settled(ctx), members, input: Object.keys(context).sort() };
}

const stepEvents = (events: readonly Members[]) =>
  events.filter(({ event_type: type }) => !String(type).startsWith('batch.') || type === 'batch.failed');

function batchesOf(events: readonly Members[]): Record<string, number> {
  const types = events.map(({ event_type: type }) => String(type)).filter((type) => type.startsWith('batch.'));
  return Object.fromEntries([...new Set(types)].map((type) => [type, types.filter((each) => each === type).length]));
}

describe.each(['python', 'rust'] as const)('the stand-in answers as the real %s server', (server) => {
  const names = Object.keys(recorded).filter((name) => existsSync(fileOf(server, name)));

  test.each(names)('%s', async (name) => {
    const want = fixture(server, name);
    const got = await played(server, name);
    expect(stepEvents(got.events).map(settledEvent)).toEqual(want.events.map(settledEvent));
    expect(settled(got.status)).toEqual(settled(want['status']));
    expect(settled(got.detail)).toEqual(settled(want['detail']));
    if (want['listed'] !== undefined) expect(settled(got.listed)).toEqual(settled(want['listed']));
    if (want['batches'] !== undefined) expect(batchesOf(got.events)).toEqual(want['batches']);
    expect(Object.keys(got.events.at(-1) ?? {}).sort()).toEqual(want['eventMembers']);
  });
});

test('the rows behind a reference are those of the query', async () => {
  const { events, read } = await played('python', 'pgrows-last');
  const references = events.flatMap(({ result }) => (isMembers(result) ? [result['reference'] as Members] : []));
  const ref = String(references.find((each) => each !== undefined)?.['ref']);
  const rows = (await read(`/api/result/resolve?ref=${encodeURIComponent(ref)}`)) as unknown[];
  expect(rows).toHaveLength(40);
  expect(rows.slice(0, 2).map((row) => settled(row))).toEqual(
    settled(fixture('python', 'pgrows-last')['resolved'], ''),
  );
});
