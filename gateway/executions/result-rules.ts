import { compilePattern } from '../../plugins/noetl-auth/access/pattern.ts';

/** The config's rule for the results of some playbooks. Paths are dotted: `data.rows.0.id`. */
export interface ResultRule {
  /** The step whose result is the playbook's. */
  readonly step?: string | undefined;
  /** Which part of that step's result. */
  readonly path?: string | undefined;
  /** Which part of that step's result is `textOutput`. */
  readonly text?: string | undefined;
  /** `hidden`: the reason of a failure stays in NoETL. Default: the config's setting for all playbooks. */
  readonly errors?: 'shown' | 'hidden' | undefined;
  /** `shown`: members that are secrets by name are not masked. Default `masked`. */
  readonly secrets?: 'shown' | 'masked' | undefined;
}

/** Finds the config's rule for a playbook: an exact path first, then the first pattern that matches. */
export type ResultRules = (path: string | undefined) => ResultRule;

const nothing: ResultRule = {};

/** @param rules by catalog path or pattern (`api_integration/*`) */
export function compileResultRules(rules: Readonly<Record<string, ResultRule>> = {}): ResultRules {
  const patterns = Object.entries(rules).map(([pattern, rule]) => ({ matches: compilePattern(pattern), rule }));
  return (path) => {
    if (path === undefined) return nothing;
    if (Object.hasOwn(rules, path)) return rules[path] ?? nothing;
    return patterns.find(({ matches }) => matches(path))?.rule ?? nothing;
  };
}
