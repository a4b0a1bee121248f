import type { Leaf, Node } from '../../../gateway/config/schema/fields.ts';
import { argumentOptions, rowOptions, upstreamRowOptions } from '../../../gateway/config/schema/rows.ts';
import { sections } from '../../../gateway/config/schema/sections.ts';

/** One field of the config, for people. */
export interface Setting {
  /** `upstream.timeoutSecs`; `*` is any name, `[]` any item, `auth.login(local)` the login of that kind. */
  readonly place: string;
  /** Undefined: it has no default. */
  readonly default: unknown;
  readonly isRequired: boolean;
  readonly env: readonly string[];
  readonly doc: string;
}

/** Every field of the schema, in its order. */
export function listSettings(): readonly Setting[] {
  const row = { ...rowOptions, ...upstreamRowOptions };
  return [
    ...settingsOf(sections, ''),
    ...Object.entries(row).flatMap(([name, leaf]) => settingsOf(leaf, `operations.*.${name}`)),
    ...Object.entries(argumentOptions).flatMap(([name, leaf]) => settingsOf(leaf, `operations.*.args.*.${name}`)),
  ];
}

function settingsOf(node: Node, place: string): readonly Setting[] {
  const inside = (name: string) => (place === '' ? name : `${place}.${name}`);
  switch (node.node) {
    case 'leaf':
      return [settingOf(node, place)];
    case 'section':
      return Object.entries(node.entries).flatMap(([name, inner]) => settingsOf(inner, inside(name)));
    case 'variant':
      return [
        { place: `${place}.kind`, default: node.default?.kind, isRequired: !node.default, env: [], doc: node.doc },
        ...Object.entries(node.options).flatMap(([kind, entries]) =>
          settingsOf({ node: 'section', entries, isPlain: false }, `${place}(${kind})`),
        ),
      ];
    case 'named':
      return settingsOf(node.each, inside('*'));
    case 'many':
      return settingsOf(node.each, `${place}[]`);
    case 'either':
      return [...settingsOf(node.value, place), ...settingsOf(node.object, place)];
  }
}

function settingOf(leaf: Leaf, place: string): Setting {
  const isRequired = leaf.default === undefined && !leaf.optional;
  return { place, default: leaf.default, isRequired, env: leaf.env, doc: leaf.doc };
}
