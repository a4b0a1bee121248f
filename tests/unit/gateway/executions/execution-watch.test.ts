import { describe, expect, test } from 'vitest';
import type { RootCall } from '../../../../gateway/calls/root-fields.ts';
import type { ExecutionCache } from '../../../../gateway/executions/execution-cache.ts';
import type { Snapshot } from '../../../../gateway/executions/execution-end.ts';
import { ExecutionWatcher, type WatchListener } from '../../../../gateway/executions/execution-watch.ts';
import { type ExecutionGate, Executions } from '../../../../gateway/executions/executions.ts';
import { scriptedUpstream } from '../../../support/scripted-upstream.ts';
import { handClock, settle } from '../../../support/session-fakes.ts';

const id = '768000000000000001';

function snapshotOf(end?: 'COMPLETED' | 'FAILED'): Snapshot {
  const over = end === undefined ? undefined : { end, finishedAt: 0, lastStep: 'a', isResultLost: false };
  const detail = { id, path: 'data/a', claim: end ?? 'RUNNING', events: [] } as unknown as Snapshot['detail'];
  return { detail, over, isSettling: false, calls: 1, sources: { newest: undefined, status: undefined } };
}

/** Looks whose answers are given one by one, and pauses that end on demand. */
function watched(answers: readonly (Snapshot | undefined | Error)[], maxWatches = 10) {
  const sent: string[] = [];
  const pauses: { ms: number; end: () => void }[] = [];
  let taken = 0;
  const cache = {
    async read() {
      const answer = answers[Math.min(taken, answers.length - 1)];
      taken += 1;
      if (answer instanceof Error) throw answer;
      return answer === undefined ? undefined : { snapshot: answer, isNew: true };
    },
    wantSteps: (_id: string, wanted: boolean) => void sent.push(`steps ${wanted}`),
    expire: () => void sent.push('expired'),
  } as unknown as ExecutionCache;
  const pause = (ms: number) => new Promise<void>((end) => pauses.push({ ms, end }));
  const watcher = new ExecutionWatcher({ cache, pause, firstPauseMs: 250, maxWatches });
  const next = async () => {
    await settle();
    pauses.at(-1)?.end();
    await settle();
  };
  return { watcher, sent, pauses, next, taken: () => taken };
}

describe('watching an execution', () => {
  test('many listeners cost one look, and each gets the end once', async () => {
    const { watcher, next, taken } = watched([snapshotOf(), snapshotOf('FAILED')]);
    const seen: unknown[] = [];
    const listener = (): WatchListener => (snapshot) => void seen.push(snapshot?.over?.end ?? 'running');
    for (let count = 0; count < 5; count += 1) watcher.follow(id, listener());
    await settle();
    expect(taken()).toBe(1);
    expect(seen).toEqual(['running', 'running', 'running', 'running', 'running']);
    await next();
    await next();
    expect(taken()).toBe(2);
    expect(seen.slice(5)).toEqual(['FAILED', 'FAILED', 'FAILED', 'FAILED', 'FAILED']);
  });

  test('an execution that vanishes is reported, once', async () => {
    const { watcher, next } = watched([snapshotOf(), undefined]);
    const seen: unknown[] = [];
    watcher.follow(id, (snapshot) => void seen.push(snapshot?.detail.id));
    await next();
    await next();
    expect(seen).toEqual([id, undefined]);
  });

  test('one that was just started may be unknown for a moment', async () => {
    const { watcher, next, taken } = watched([undefined, undefined, undefined, snapshotOf(), snapshotOf('COMPLETED')]);
    const seen: unknown[] = [];
    watcher.follow(id, (snapshot) => void seen.push(snapshot?.over?.end ?? snapshot?.detail.id));
    while (taken() < 5) await next();
    expect(seen).toEqual([id, 'COMPLETED']);
  });

  test('one that stays unknown for 3 seconds has vanished', async () => {
    const { watcher, next, pauses } = watched([undefined]);
    const seen: unknown[] = [];
    watcher.follow(id, (snapshot) => void seen.push(snapshot));
    while (seen.length === 0) await next();
    const waited = pauses.reduce((sum, { ms }) => sum + ms, 0);
    expect(seen).toEqual([undefined]);
    expect(waited).toBeGreaterThanOrEqual(3_000);
    expect(waited).toBeLessThan(3_600);
  });

  test('without news the pauses grow, up to a bound', async () => {
    const { watcher, next, pauses } = watched([snapshotOf()]);
    watcher.follow(id, () => {});
    for (let count = 0; count < 30; count += 1) await next();
    const lengths = pauses.map(({ ms }) => ms);
    expect(lengths[0]).toBe(250);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(lengths.at(-1)).toBe(2_000);
  });

  test('a look that fails is taken again', async () => {
    const { watcher, next } = watched([new Error('no NoETL'), new Error('no NoETL'), snapshotOf('COMPLETED')]);
    const seen: unknown[] = [];
    watcher.follow(id, (snapshot) => void seen.push(snapshot?.over?.end));
    await next();
    await next();
    expect(seen).toEqual(['COMPLETED']);
  });

  test('a callback brings the next look at once', async () => {
    const { watcher, sent, taken } = watched([snapshotOf(), snapshotOf('COMPLETED')]);
    const seen: unknown[] = [];
    watcher.follow(id, (snapshot) => void seen.push(snapshot?.over?.end));
    await settle();
    expect(taken()).toBe(1);
    watcher.hurry(id);
    await settle();
    expect(seen).toEqual([undefined, 'COMPLETED']);
    expect(sent).toContain('expired');
    watcher.hurry(id);
    expect(taken()).toBe(2);
  });

  test('when the last one leaves, the looks end; steps are read for as long as one wants them', async () => {
    const { watcher, sent, next, taken } = watched([snapshotOf()]);
    const plain = watcher.follow(id, () => {});
    const steps = watcher.follow(id, () => {}, 'steps');
    await next();
    steps();
    expect(sent).toEqual(['steps true', 'expired', 'steps false']);
    plain();
    const before = taken();
    await next();
    await next();
    expect(taken()).toBe(before);
  });

  test('the number of executions that are followed is bounded', () => {
    const { watcher } = watched([snapshotOf()], 2);
    watcher.follow('1', () => {});
    watcher.follow('2', () => {});
    watcher.follow('2', () => {});
    expect(() => watcher.follow('3', () => {})).toThrow(expect.objectContaining({ code: 'ERR_OVERLOADED' }));
  });
});

/** Pauses that end when a hand clock has come so far. */
function pausesOf(clock: () => number) {
  let open: { at: number; end: () => void }[] = [];
  return {
    pause: (ms: number) => new Promise<void>((end) => void open.push({ at: clock() + ms, end })),
    settle(): void {
      const due = open.filter(({ at }) => at <= clock());
      open = open.filter(({ at }) => at > clock());
      for (const { end } of due) end();
    },
  };
}

test('1,000 that poll and 1,000 that listen to one execution cost at most 4 calls a second, each with its own permission', async () => {
  const clock = handClock();
  const pauses = pausesOf(clock);
  const running = {
    body: { execution_id: id, path: 'data/a', status: 'RUNNING', start_time: new Date(clock()).toISOString() },
  };
  const { upstream, calls } = scriptedUpstream({ [`GET /api/executions/${id}`]: running });
  const executions = new Executions({
    ...{ upstream, clock, pause: pauses.pause, basePath: '/api/executions', results: () => ({}) },
    ...{ isSecret: () => false, errors: 'shown', keepBytes: 1_000_000, staleMs: 250, maxWatches: 10 },
  });
  const judged = new Map<unknown, number>();
  const gate: ExecutionGate = async ({ context }) => {
    judged.set(context, (judged.get(context) ?? 0) + 1);
    return true;
  };
  const readers = Array.from({ length: 1_000 }, (_, n) => ({ context: { requestId: `${n}` } }) as unknown as RootCall);
  for (const _ of readers) executions.watcher.follow(id, () => {});
  const seconds = 10;
  // Each polls once a second, 20 of them every 20 milliseconds.
  for (let turn = 0; turn < seconds * 50; turn += 1) {
    const asking = readers.slice((turn % 50) * 20, (turn % 50) * 20 + 20);
    await Promise.all(asking.map((reader) => executions.readAllowed(reader, id, {}, gate)));
    clock.advance(20);
    pauses.settle();
    await settle();
  }
  expect(calls.length).toBeGreaterThan(2 * seconds);
  expect(calls.length).toBeLessThanOrEqual(4 * seconds);
  expect(judged.size).toBe(1_000);
  expect(new Set(judged.values())).toEqual(new Set([seconds]));
});

test('what was seen for one is shown to another only when that one may see it', async () => {
  const clock = handClock();
  const body = { execution_id: id, path: 'data/a', status: 'RUNNING' };
  const { upstream, calls } = scriptedUpstream({ [`GET /api/executions/${id}`]: { body } });
  const executions = new Executions({
    ...{ upstream, clock, pause: () => new Promise(() => {}), basePath: '/api/executions', results: () => ({}) },
    ...{ isSecret: () => false, errors: 'shown', keepBytes: 1_000_000, staleMs: 250, maxWatches: 10 },
  });
  const [ada, bob] = [{}, {}] as RootCall[];
  const gate: ExecutionGate = async (call) => call === ada;
  expect((await executions.readAllowed(ada as RootCall, id, {}, gate)).detail.path).toBe('data/a');
  await expect(executions.readAllowed(bob as RootCall, id, {}, gate)).rejects.toMatchObject({ code: 'ERR_NOT_FOUND' });
  // What is hidden costs what is missing costs.
  expect(calls).toHaveLength(2);
});
