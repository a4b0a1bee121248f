import type { RootField } from '../../executor/root-fields.ts';
import type { FieldRule } from '../../plugins/noetl-auth/decide-operation.ts';

/** The access rule of every root field, for the plugin that decides. */
export function fieldRules(rootFields: ReadonlyMap<string, RootField>): ReadonlyMap<string, FieldRule> {
  return new Map(
    [...rootFields].map(([name, { root, row, plan }]) => [
      name,
      {
        root,
        access: row.access,
        allowTemplates: row.allowTemplates === true,
        pathArguments: [...(plan?.catalogPaths ?? [])],
      },
    ]),
  );
}
