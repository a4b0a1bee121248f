import type { SamplePlaybook, ScriptStep } from '../script.ts';

/** The step with which most playbooks end. */
export const end = (result: unknown = { status: 'complete' }): ScriptStep => ({ name: 'end', ms: 5, result });

/** A python step. */
export const python = (name: string, result: unknown, ms = 20): ScriptStep => ({ name, ms, result });

/** A playbook; `script` gets the workload that an execution was started with. */
export function sample(
  path: string,
  description: string,
  workload: SamplePlaybook['workload'],
  script: SamplePlaybook['script'],
  version = 1,
): SamplePlaybook {
  return { path, version, description, workload, script };
}

/** A playbook whose steps do not depend on the workload. */
export function fixed(path: string, description: string, ...steps: readonly ScriptStep[]): SamplePlaybook {
  return sample(path, description, {}, () => ({ steps }));
}

/** Seconds of a workload, within 0 to 600. */
export function secondsOf(workload: Readonly<Record<string, unknown>>, fallback: number): number {
  const asked = workload['seconds'];
  return typeof asked === 'number' && asked >= 0 && asked <= 600 ? asked : fallback;
}
