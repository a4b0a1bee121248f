import type { AccessChecker } from '../ports.ts';
import { type CompiledGrants, decide } from './decision.ts';

/** Decides by the grants of the config alone; never cannot find out. */
export function createLocalAccessChecker(grants: CompiledGrants): AccessChecker {
  return { check: async ({ user, permission, path }) => decide(grants, user, permission, path) };
}

/**
 * Both must allow. The first is asked first, and its no is final: the second is then not asked. Reports the grant of
 * the first.
 * @throws what a checker throws: nothing is allowed while one of them cannot find out.
 */
export function combineCheckers(first: AccessChecker, second: AccessChecker): AccessChecker {
  return {
    async check(question) {
      const decision = await first.check(question);
      if (!decision.allowed) return decision;
      const other = await second.check(question);
      return other.allowed ? decision : other;
    },
  };
}

/** A checker of somebody's own, never asked about paths that are nobody's, whatever it would say of them. */
export function exceptReserved(checker: AccessChecker, reserved: ReadonlySet<string>): AccessChecker {
  return {
    check: async (question) =>
      reserved.has(question.path) ? { allowed: false, why: 'reserved', grant: undefined } : checker.check(question),
  };
}
