import { newEvent, type Run } from './run.ts';

/**
 * Cancels a run at a moment. A running step is not interrupted, and what it produces is kept. The Python engine still
 * issues the next command, which no worker takes.
 */
export function markCancelled(run: Run, now: number, speak: 'python' | 'rust'): void {
  const seen = run.events.filter(({ at }) => at <= now);
  const running = Math.max(-1, ...seen.map(({ part }) => part));
  const later = run.events.filter(({ at, part, type }) => {
    if (at <= now) return false;
    return part === running || (speak === 'python' && part === running + 1 && type === 'command.issued');
  });
  const names =
    speak === 'python'
      ? { type: 'execution.cancelled', node: 'cancel' }
      : { type: 'playbook_cancelled', node: 'playbook' };
  const mark = newEvent(run.eventId(now), { ...names, at: now, status: 'CANCELLED' });
  run.events = [...seen, mark, ...later];
  run.marks = run.marks.filter(({ at, part }) => at <= now || part === running);
}
