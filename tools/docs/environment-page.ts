import { retiredVariables, unknownVariables } from '../../gateway/config/environment.ts';
import { listSettings } from '../../generator/emit/config-reference.ts';
import { codeSpan, page, table } from '../../generator/emit/markdown.ts';

/** Variables that the schema of the config does not have. */
const others: readonly (readonly [name: string, meaning: string])[] = [
  [
    'GATEWAY_POLICY_FILE',
    'a file with grants that is followed while the process runs: [Configuring](../configure.md#roles-and-grants)',
  ],
  [
    'NODE_ENV',
    '`development` relaxes what [the configuration](../configure.md) calls production-only; anything else is production',
  ],
  ['OTEL_…', 'traces and metrics by OpenTelemetry: [Operating](../operate.md#traces)'],
];

/**
 * Every variable that the process reads, from the schema of the config.
 * @returns Markdown of docs/reference/environment.md
 */
export function environmentPage(): string {
  const settings = listSettings().flatMap(({ env, place, default: value, isRequired, doc }) =>
    env.map((name) => [codeSpan(name), codeSpan(place), isRequired ? 'required' : defaultOf(value), doc] as const),
  );
  // A variable that several variants of one setting have is listed once.
  const rows = [...new Map(settings.map((row) => [row[0] + row[1], row])).values()];
  return page('gateway/config/schema', [
    '# Environment',
    'A variable takes precedence over the value in `gateway.config.ts`. An empty value counts as absent. The process reads them once, at the start; all problems are reported together. `npm run doctor` checks them.',
    table(
      ['Variable', 'Setting', 'Default', 'Meaning'],
      rows.sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    '## Besides',
    table(
      ['Variable', 'Meaning'],
      others.map(([name, meaning]) => [codeSpan(name), meaning]),
    ),
    '## Of the earlier gateway',
    'These have no effect. The process names each one that is set, with what to do:',
    fencedList(),
  ]);
}

/** The lines that the start of the process would print for each: they are asked for with every retired variable set. */
function fencedList(): string {
  const set = Object.fromEntries(retiredVariables.map((name) => [name, 'x']));
  return unknownVariables(set, new Set())
    .map((line) => `- ${line.replace(/^(\S+)/, '`$1`')}`)
    .join('\n');
}

/** An empty list counts as no default. */
function defaultOf(value: unknown): string {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return '–';
  return codeSpan(Array.isArray(value) ? value.join(',') : String(value));
}
