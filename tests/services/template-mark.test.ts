import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasTemplateMark } from '../../plugins/noetl/template-mark.ts';
import { randomFragments, randomLiterals } from '../support/random-literals.ts';

const hasPython = isThere();

function isThere(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    console.warn('skipped: python3 is not installed');
    return false;
  }
}

/** What Python itself finds in the texts. */
function evaluated(texts: readonly string[], ...args: readonly string[]): readonly boolean[] {
  const input = JSON.stringify(texts);
  const script = 'tests/services/noetl/evaluated-texts.py';
  return JSON.parse(execFileSync('python3', [script, ...args], { input, maxBuffer: 2 ** 26, encoding: 'utf8' }));
}

describe.skipIf(!hasPython)('the guard against template marks, compared with ast.literal_eval', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);

  it.each([
    ['20,000 literals', randomLiterals(20_000, seed), [], 2_000],
    ['20,000 parts of literals within quotes', randomFragments(20_000, seed), ['quoted'], 2_000],
  ])('misses none of %s', { timeout: 300_000 }, (_name, texts, args, expected) => {
    const want = evaluated(texts, ...args);
    const missed = texts.filter((text, i) => want[i] === true && !hasTemplateMark(text));
    expect({ seed, missed: missed.slice(0, 10) }).toEqual({ seed, missed: [] });
    expect(want.filter((is) => is).length).toBeGreaterThan(expected);
  });
});
