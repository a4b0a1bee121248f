import { describe, expect, it, vi } from 'vitest';
import { createCachedDocument, keptTiming } from '../../../../gateway/identity/issuer-documents.ts';
import { handClock } from '../../../support/session-fakes.ts';

function setUp() {
  const clock = handClock();
  const source = { loads: 0, isDown: false };
  const load = async () => {
    source.loads += 1;
    if (source.isDown) throw new Error('down');
    return source.loads;
  };
  const kept = createCachedDocument({ load, unavailable, clock, timing: keptTiming, random: () => 1 });
  return { clock, source, kept };
}

const unavailable = (failure: unknown, retryMs: number) =>
  new Error(`${failure instanceof Error ? failure.message : 'too often'}, again in ${retryMs / 1_000} s`);

describe('createCachedDocument', () => {
  it('loads once for all who ask at once, and keeps it while it is not due for renewal', async () => {
    const { clock, source, kept } = setUp();
    expect(await Promise.all(Array.from({ length: 100 }, () => kept.current()))).toEqual(Array(100).fill(1));
    clock.advance(keptTiming.renewMs - 1);
    expect(await kept.current()).toBe(1);
    expect(source.loads).toBe(1);
  });

  it('is renewed beside the requests before it is due', async () => {
    const { clock, source, kept } = setUp();
    await kept.current();
    clock.advance(keptTiming.freshMs - 1);
    expect(await kept.current()).toBe(1);
    await vi.waitFor(() => expect(source.loads).toBe(2));
    expect(await kept.current()).toBe(2);
  });

  it('is waited for when it is due, as long as that is quick', async () => {
    const { clock, kept } = setUp();
    await kept.current();
    clock.advance(keptTiming.freshMs);
    expect(await kept.current()).toBe(2);
  });

  it('is used as it is when the source hangs: one wait, and none for those who come later', async () => {
    const clock = handClock();
    let loads = 0;
    const load = () => {
      loads += 1;
      return loads === 1 ? Promise.resolve(loads) : new Promise<number>(() => {});
    };
    const timing = { ...keptTiming, waitMs: 20 };
    const kept = createCachedDocument({ load, unavailable, clock, timing });
    await kept.current();
    clock.advance(keptTiming.freshMs);
    expect(await kept.current()).toBe(1);
    clock.advance(timing.waitMs);
    expect(await Promise.all(Array.from({ length: 100 }, () => kept.current()))).toEqual(Array(100).fill(1));
    expect(loads).toBe(2);
  });

  it('is not renewed by all replicas at the same moment', async () => {
    const renewals = await Promise.all(
      [0, 1].map(async (chance) => {
        const clock = handClock();
        let loads = 0;
        const load = async () => {
          loads += 1;
          return loads;
        };
        const kept = createCachedDocument({ load, unavailable, clock, timing: keptTiming, random: () => chance });
        await kept.current();
        clock.advance(keptTiming.renewMs);
        await kept.current();
        await new Promise((resolve) => setImmediate(resolve));
        return loads;
      }),
    );
    expect(renewals).toEqual([2, 1]);
  });

  it('uses the last one while the source is down, for a bounded time', async () => {
    const { clock, source, kept } = setUp();
    await kept.current();
    source.isDown = true;
    clock.advance(keptTiming.staleMs - 1);
    expect(await kept.current()).toBe(1);
    clock.advance(1);
    await expect(kept.current()).rejects.toThrow('down');
  });

  it('does not hammer a source that is down', async () => {
    const { clock, source, kept } = setUp();
    source.isDown = true;
    for (let i = 0; i < 50; i += 1) await expect(kept.current()).rejects.toThrow('down');
    expect(source.loads).toBe(1);
    source.isDown = false;
    clock.advance(keptTiming.retryMs);
    expect(await kept.current()).toBe(2);
  });

  it('asks a source that is down seldom while it has a document', async () => {
    const { clock, source, kept } = setUp();
    await kept.current();
    source.isDown = true;
    clock.advance(keptTiming.freshMs);
    for (let i = 0; i < 10; i += 1) await kept.current();
    clock.advance(keptTiming.retryStaleMs - 1);
    await kept.current();
    expect(source.loads).toBe(2);
    clock.advance(1);
    await kept.current();
    expect(source.loads).toBe(3);
  });

  it('loads once for all who demand at once', async () => {
    const { source, kept } = setUp();
    await kept.current();
    const newer = async () => (await kept.newer()).document;
    expect(await Promise.all(Array.from({ length: 50 }, newer))).toEqual(Array(50).fill(2));
    expect(await newer()).toBe(3);
    expect(source.loads).toBe(3);
  });

  it('loads anew on demand, but not at every demand', async () => {
    const { clock, source, kept } = setUp();
    await kept.current();
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push((await kept.newer()).document);
    expect(answers).toEqual([2, 3, 3, 3]);
    expect(source.loads).toBe(1 + keptTiming.extraLoads);
    clock.advance(keptTiming.newestMs);
    await expect(kept.newer()).rejects.toThrow('too often, again in 28 s');
    clock.advance(kept.untilNewer());
    expect(await kept.newer()).toMatchObject({ document: 4, from: clock() });
  });

  it('reports that it does not know when the demanded load failed, and stays with what it has', async () => {
    const { source, kept } = setUp();
    await kept.current();
    source.isDown = true;
    for (let i = 0; i < 10; i += 1) await expect(kept.newer()).rejects.toThrow('down, again in 30 s');
    expect(source.loads).toBe(2);
    expect(await kept.current()).toBe(1);
  });
});
