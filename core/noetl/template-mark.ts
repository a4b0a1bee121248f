import { isRawNumber } from '../json/lossless-json.ts';

const marks = ['{{', '{%', '{#'];

/**
 * Tells whether NoETL would evaluate something in the value: text with `{{`, `{%` or `{#`, at any depth, in keys too.
 * NoETL renders every workload value as a template, unsandboxed. Walks without recursion, so depth cannot break it.
 */
export function holdsTemplateMark(value: unknown): boolean {
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') {
      if (marks.some((mark) => next.includes(mark))) return true;
    } else if (typeof next === 'object' && next !== null && !isRawNumber(next)) {
      for (const [key, member] of Object.entries(next)) pending.push(key, member);
    }
  }
  return false;
}
