import { existsSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { isRawNumber, parseJson } from '../../plugins/json/lossless-json.ts';
import { recordedNames, recordedPath, recordedPlaybooks } from '../fixtures/noetl/recorded-playbooks.ts';
import { closeStandIns, standIn } from '../support/stand-in-client.ts';

/** Answers of real servers to playbooks of ours, trimmed: Python 4.26.0, and Rust server 3.54.0 with worker 5.52.0. */
const fixtures = new URL('../fixtures/noetl/', import.meta.url);

type Members = Record<string, unknown>;
type Server = 'python' | 'rust';

afterEach(closeStandIns);

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
  const at = await standIn({ speak: server, playbooks: recordedPlaybooks(server) });
  const id = await at.start(recordedPath(name));
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
  const names = recordedNames.filter((name) => existsSync(fileOf(server, name)));

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
