import { describe, expect, it } from 'vitest';
import { createReadiness } from '../../../../gateway/http/readiness.ts';

describe('createReadiness', () => {
  it('is ready when everything answers, and asks at most once a second', async () => {
    let now = 0;
    let asked = 0;
    let works = true;
    const probe = async () => {
      asked += 1;
      if (!works) throw new Error('down');
      return undefined;
    };
    const readiness = createReadiness([{ name: 'upstream', probe }], () => now);
    await Promise.all([readiness.check(), readiness.check()]);
    expect(asked).toBe(1);
    works = false;
    now = 1_000;
    expect(await readiness.check()).toMatchObject({ ready: false, checks: { upstream: 'failing' } });
    expect(asked).toBe(2);
  });

  it('a note of a probe stops nothing, and goes when the probe has none', async () => {
    let now = 0;
    let note: string | undefined = 'one route is slow';
    const readiness = createReadiness([{ name: 'upstream', probe: async () => note }], () => now);
    expect(await readiness.check()).toEqual({
      ready: true,
      checks: { upstream: 'ok' },
      notes: { upstream: 'one route is slow' },
    });
    note = undefined;
    now = 1_000;
    expect((await readiness.check()).notes).toEqual({});
  });

  it('is not ready once it stops', async () => {
    const readiness = createReadiness([], () => 0);
    expect((await readiness.check()).ready).toBe(true);
    readiness.stop();
    expect((await readiness.check()).ready).toBe(false);
  });
});
