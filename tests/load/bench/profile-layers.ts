import { globSync, readFileSync } from 'node:fs';

/**
 * What V8 writes: the nodes of the call tree, the node of each sample, and the time since the sample before,
 * microseconds.
 */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/**
 * Whose code it is, by the address of the file; the first that fits. So a narrow pattern stands above the wider one
 * that contains it.
 */
const layers: readonly (readonly [name: string, fits: RegExp])[] = [
  ['collecting garbage', /\(garbage collector\)/],
  ['native code, system calls', /\(program\)/],
  ['graphql-tools executor', /@graphql-tools\/executor/],
  ['Envelop', /@envelop\//],
  ['Yoga', /graphql-yoga|@whatwg-node/],
  ['graphql-js', /node_modules\/graphql\//],
  ['undici', /undici/],
  ['log', /pino|sonic-boom|server\/observability\/(?:log|line|scrub)/],
  ['metrics', /prom-client|server\/observability/],
  ['own: HTTP', /server\/http|server\/turn/],
  ['own: GraphQL', /server\/graphql/],
  ['own: sessions and decisions', /plugins\/|core\/(?:access|session)/],
  ['own: executor', /\/executor\//],
  ['own: upstream', /server\/upstream|core\/json/],
  ['own: rest', /\/(?:core|server)\//],
  ['node: sockets and streams', /node:(?:net|stream|events|internal\/(?:streams|stream_base))/],
  ['node: HTTP', /node:(?:_http|http|internal\/http)/],
  ['node: rest', /node:/],
];

/**
 * Share of the busy time of each layer, largest first, out of the profiles that `--cpu-prof` wrote into a folder. A
 * layer has the time of its own frames, not of what they call.
 * @returns percentages as text, by name
 */
export function layersOf(folder: string): Readonly<Record<string, string>> {
  const times = new Map<string, number>();
  for (const file of globSync('*.cpuprofile', { cwd: folder })) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')) as Profile;
    const layerOf = new Map(nodes.map(({ id, callFrame }) => [id, layerOfFrame(callFrame)]));
    for (const [index, id] of samples.entries()) {
      const layer = layerOf.get(id);
      if (layer !== undefined) times.set(layer, (times.get(layer) ?? 0) + (timeDeltas[index] ?? 0));
    }
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return Object.fromEntries(
    [...times]
      .toSorted(([, a], [, b]) => b - a)
      .map(([name, time]) => [name, `${((time / total) * 100).toFixed(1)} %`]),
  );
}

/** @returns undefined while nothing runs */
function layerOfFrame({ functionName, url }: Profile['nodes'][number]['callFrame']): string | undefined {
  if (functionName === '(idle)' || functionName === '(root)') return undefined;
  const text = `${functionName} ${url}`;
  return layers.find(([, fits]) => fits.test(text))?.[0] ?? (url === '' ? 'native functions' : 'other packages');
}
