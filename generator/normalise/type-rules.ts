import type { Rule } from './rule.ts';
import { componentNames } from './rules/component-names.ts';
import { constants } from './rules/constants.ts';
import { dropConstraints } from './rules/constraints.ts';
import { defaults } from './rules/defaults.ts';
import { formats } from './rules/formats.ts';
import { freeForm } from './rules/free-form.ts';
import { identifiers } from './rules/identifiers.ts';
import { propertyNames } from './rules/property-names.ts';
import { unions } from './rules/unions.ts';

/**
 * Rules that give every schema a type that GraphQL has. Their order matters: literals before unions, which compare
 * types; unions before what has no shape; constraints before identifiers, whose mark is a length; names last.
 */
export const typeRules: readonly Rule[] = [
  constants,
  dropConstraints,
  unions,
  freeForm,
  identifiers,
  formats,
  defaults,
  componentNames,
  propertyNames,
];
