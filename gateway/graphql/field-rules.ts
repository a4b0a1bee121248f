import type { FieldRule } from '../../plugins/noetl-auth/decide-call.ts';
import type { CallPlan } from '../operations/call-plan/call-plan.ts';
import type { RootField } from '../operations/root-fields.ts';

/** The parts of a root field from which its rule is made. */
export type RuledField = Pick<RootField, 'root' | 'row'> & {
  readonly plan: (Pick<CallPlan, 'catalogPaths'> & Partial<Pick<CallPlan, 'formerArguments'>>) | undefined;
};

/** The access rule of every root field, for the plugin that decides. */
export function fieldRules(rootFields: ReadonlyMap<string, RuledField>): ReadonlyMap<string, FieldRule> {
  return new Map(
    [...rootFields].map(([name, { root, row, plan }]) => [
      name,
      {
        root,
        access: row.access,
        allowTemplates: row.allowTemplates === true,
        pathArguments: [...(plan?.catalogPaths ?? [])],
        // Absent where there are no former names: then arguments need no look for them.
        ...(plan?.formerArguments === undefined || plan.formerArguments.size === 0
          ? {}
          : { formerArguments: plan.formerArguments }),
      },
    ]),
  );
}
