import { gzipSync } from 'node:zlib';
import { parse, print, stripIgnoredCharacters } from 'graphql';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  createConnection,
  executionMethods,
  type GatewayClientOptions,
  isRead,
  paged,
  type TypedDocument,
  textOf,
} from '../../../../../generator/emit/client/client-runtime.ts';

type Sent = { readonly query: string; readonly authorization: string | undefined };

/** A connection whose answers come from a list; undefined is one that never comes. */
function connected(answers: (object | number | undefined)[], options: Partial<GatewayClientOptions> = {}) {
  const sent: Sent[] = [];
  const connection = createConnection({
    url: 'https://gateway.example.com',
    fetch: async (_url, init) => {
      const headers = init?.headers as Record<string, string>;
      sent.push({ query: JSON.parse(String(init?.body)).query, authorization: headers['authorization'] });
      const answer = answers.shift();
      if (answer === undefined) {
        return new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        });
      }
      return typeof answer === 'number'
        ? new Response('{"error":"x","code":"ERR_X"}', { status: answer, headers: { 'retry-after': '0' } })
        : Response.json(answer);
    },
    ...options,
  });
  return { connection, sent };
}

const data = { data: { a: 1 } };

describe('documents', () => {
  const source = `query Q($a: [Int!]! = [1], $b: In = {x: "y\\"", z: [null, true, E]}) @live {
    alias: field(a: $a, b: $b, f: 1.5) @include(if: $a) { ...F ... on T @x { c } ... { d } }
  } fragment F on T { e } mutation M { m }`;

  test('a parsed document is sent as its text', () => {
    const parsed = parse(source, { noLocation: true });
    expect(stripIgnoredCharacters(print(parse(textOf(parsed))))).toBe(stripIgnoredCharacters(print(parsed)));
    expect(textOf(parse('{ a }'))).toBe('{ a }');
    expect(textOf(Object.assign(new String('{ a }'), {}))).toBe('{ a }');
  });

  test('its types are those of the answer and the variables', async () => {
    const document = '{ a }' as unknown as TypedDocument<{ readonly a: number }, { readonly x?: string }>;
    const { connection } = connected([data]);
    const answer = await connection.request(document, { x: 'y' });
    expect(answer.a.toFixed(0)).toBe('1');
  });

  test.each([
    ['{ a }', true],
    ['query Q { a(x: "} mutation ") }', true],
    ['mutation { a }', false],
    ['query A { a } mutation B { b }', false],
    ['# about a mutation \n{ a }', true],
  ])('%s', (text, read) => expect(isRead(text)).toBe(read));
});

describe('a call', () => {
  test('a read is made again after what may pass; a mutation is not', async () => {
    const { connection, sent } = connected([503, 503, data]);
    expect(await connection.request('{ a }')).toEqual({ a: 1 });
    expect(sent).toHaveLength(3);
    const other = connected([503, data]);
    await expect(other.connection.request('mutation { a }')).rejects.toMatchObject({ status: 503 });
    expect(other.sent).toHaveLength(1);
  });

  test('what does not pass is not asked again', async () => {
    const { connection, sent } = connected([400, data]);
    await expect(connection.request('{ a }')).rejects.toMatchObject({ code: 'ERR_X', status: 400 });
    expect(sent).toHaveLength(1);
  });

  test('every call has an end', async () => {
    const { connection } = connected([], { timeoutMs: 20, retries: 0 });
    await expect(connection.request('{ a }')).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(connection.validate('x')).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  test('data beside errors is kept', async () => {
    const partial = {
      data: { a: 1, b: null },
      errors: [{ message: 'No.', extensions: { code: 'ERR_ACCESS_DENIED' } }],
    };
    const { connection } = connected([partial]);
    await expect(connection.request('{ a b }')).rejects.toMatchObject({
      code: 'ERR_ACCESS_DENIED',
      data: partial.data,
    });
  });
});

describe('the token', () => {
  test('comes from a function for each call', async () => {
    const tokens = ['t1', 't2'];
    const { connection, sent } = connected([data, data], { token: async () => tokens.shift() });
    await connection.request('{ a }');
    await connection.request('{ a }');
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Bearer t1', 'Bearer t2']);
  });

  test('is renewed once for all calls that met a 401', async () => {
    let renewed = 0;
    const onUnauthorized = async () => {
      renewed += 1;
      return `new${renewed}`;
    };
    const { connection, sent } = connected([401, 401, data, data], { token: 'old', onUnauthorized });
    await Promise.all([connection.request('{ a }'), connection.request('{ a }')]);
    expect(renewed).toBe(1);
    expect(sent.slice(2).map(({ authorization }) => authorization)).toEqual(['Bearer new1', 'Bearer new1']);
  });

  test('is renewed once also for a call whose 401 comes after the new token', async () => {
    let renewed = 0;
    let late = (): void => {};
    const isLate = new Promise<void>((resolve) => {
      late = resolve;
    });
    const sent: (string | null)[] = [];
    const connection = createConnection({
      url: 'https://gateway.example.com',
      token: 'old',
      onUnauthorized: () => {
        renewed += 1;
        return `new${renewed}`;
      },
      fetch: async (_url, init) => {
        const authorization = new Headers(init?.headers).get('authorization');
        sent.push(authorization);
        if (authorization !== 'Bearer old') return Response.json({ data: {} });
        if (sent.length === 2) await isLate;
        return Response.json({ error: 'ended', code: 'ERR_SESSION_INVALID' }, { status: 401 });
      },
    });
    const [first, second] = [connection.request('{ a }'), connection.request('{ a }')];
    await first;
    late();
    await second;
    expect(renewed).toBe(1);
    expect(sent).toEqual(['Bearer old', 'Bearer old', 'Bearer new1', 'Bearer new1']);
  });

  test('without a new one the call fails as it was refused', async () => {
    const { connection, sent } = connected([401], { token: 'old', onUnauthorized: () => undefined });
    await expect(connection.request('{ a }')).rejects.toMatchObject({ status: 401 });
    expect(sent).toHaveLength(1);
  });
});

describe('run', () => {
  const states =
    (...statuses: string[]) =>
    () =>
      Promise.resolve({ status: statuses.shift() ?? 'RUNNING', currentStep: statuses.length });
  const start = async () => ({ id: '7' });

  test('shows what changes and ends with the execution', async () => {
    const seen: string[] = [];
    const end = await executionMethods({
      ...{ start, read: states('RUNNING', 'FAILED'), cancel: () => expect.unreachable() },
    }).run('x', {}, { onUpdate: ({ status }) => seen.push(status) });
    expect([end.status, seen]).toEqual(['FAILED', ['RUNNING', 'FAILED']]);
  });

  test('shows a step that begins to run, though the status and the name of the current step stay', async () => {
    const steps = ['PENDING', 'RUNNING', 'RUNNING'];
    const read = async () => ({
      status: steps.length === 0 ? 'COMPLETED' : 'RUNNING',
      currentStep: 'start',
      steps: [{ name: 'start', status: steps.shift() ?? 'COMPLETED' }],
    });
    const seen: string[] = [];
    await executionMethods({ start, read, cancel: () => expect.unreachable() }).run('x', undefined, {
      onUpdate: (execution) => seen.push(...execution.steps.map(({ status }) => status)),
    });
    expect(seen).toEqual(['PENDING', 'RUNNING', 'COMPLETED']);
  });

  test.each([
    [true, ['7']],
    [false, []],
  ])('cancels what it has started when it is aborted: %s', async (cancelOnAbort, want) => {
    const cancelled: string[] = [];
    const controller = new AbortController();
    const onUpdate = () => controller.abort(new Error('enough'));
    const { run } = executionMethods({ start, read: states(), cancel: async (id) => cancelled.push(id) });
    const options = { onUpdate, cancelOnAbort, signal: controller.signal };
    await expect(run('x', {}, options)).rejects.toThrow('enough');
    expect(cancelled).toEqual(want);
  });
});

describe('run by a stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Streams that show these states and then nothing, until they are given up. */
  function streams(...shown: readonly (readonly string[])[]) {
    let opened = 0;
    async function* updates(_id: string, signal: AbortSignal) {
      for (const status of shown[opened++] ?? []) yield { status };
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    }
    return { updates, opened: () => opened };
  }
  const calls = { start: async () => ({ id: '7' }), cancel: () => expect.unreachable() };

  test('that shows nothing is given up, and the execution is asked for', async () => {
    const { updates, opened } = streams();
    const running = executionMethods({ ...calls, updates, read: async () => ({ status: 'COMPLETED' }) }).run('x');
    await vi.advanceTimersByTimeAsync(6_000);
    expect([await running, opened()]).toEqual([{ status: 'COMPLETED' }, 1]);
  });

  test('that falls silent is opened again, and shows each state once', async () => {
    const { updates, opened } = streams(['RUNNING'], ['RUNNING', 'FAILED']);
    const seen: string[] = [];
    const onUpdate = ({ status }: { status: string }) => seen.push(status);
    const { run } = executionMethods({ ...calls, updates, read: () => expect.unreachable() });
    const running = run('x', undefined, { onUpdate });
    await vi.advanceTimersByTimeAsync(31_000);
    expect([await running, seen, opened()]).toEqual([{ status: 'FAILED' }, ['RUNNING', 'FAILED'], 2]);
  });
});

test('the time of a wait is not that of its calls, and the wait itself makes a call again', async () => {
  const { signal } = new AbortController();
  const given: unknown[] = [];
  const { waitForExecution } = executionMethods({
    read: async (...call) => {
      given.push(...call);
      return { status: 'COMPLETED' };
    },
    start: () => expect.unreachable(),
    cancel: () => expect.unreachable(),
  });
  await waitForExecution('7', { signal, timeoutMs: 300_000 });
  expect(given).toEqual(['7', { signal, retries: 0 }]);
});

test('paging reads page after page until one is empty', async () => {
  const asked: number[] = [];
  const rows: number[] = [];
  for await (const row of paged(async (page) => (asked.push(page) < 3 ? [page * 10, page * 10 + 1] : [])))
    rows.push(row);
  expect([rows, asked]).toEqual([
    [10, 11, 20, 21],
    [1, 2, 3],
  ]);
});

test('the shipped client is below 5 kB, as a bundler writes it and gzip compresses it', async () => {
  const bundle = await rolldown({ input: 'client/noetl-gateway-client.ts' });
  const { output } = await bundle.generate({ minify: true, format: 'esm' });
  await bundle.close();
  expect(output).toHaveLength(1);
  expect(output[0].code).toContain('executePlaybook');
  expect(gzipSync(output[0].code, { level: 9 }).length).toBeLessThan(5_000);
});
