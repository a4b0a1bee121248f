import type { AccessChecker } from '../../ports.ts';
import { type CompiledGrants, decide } from './decision.ts';

/**
 * Decides by grants alone, so it never fails.
 * @param grants those of the config, or a function that returns the ones that count now
 */
export function createLocalAccessChecker(grants: CompiledGrants | (() => CompiledGrants)): AccessChecker {
  const current = typeof grants === 'function' ? grants : () => grants;
  return { check: ({ user, permission, path }) => decide(current(), user, permission, path) };
}

/**
 * Both must allow. The second is not asked when the first denies. The decision names the grant of the first.
 * @throws what a checker throws: nothing is allowed while one of them cannot decide.
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

/** A custom checker that is never asked about reserved paths: they are denied, whatever it would answer. */
export function exceptReserved(checker: AccessChecker, reserved: ReadonlySet<string>): AccessChecker {
  return {
    // Always a promise of this realm: code of a platform may return any object with a `then`.
    check: async (question) =>
      reserved.has(question.path) ? { allowed: false, why: 'reserved', grant: undefined } : checker.check(question),
  };
}
