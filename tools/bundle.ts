import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';
import { asProjectConfig } from '../generator/init.ts';
import { licenceNotices } from './pages/licence-notices.ts';

/** Modules that are loaded from outside; every other one is only in the bundle. */
const entries = ['cli/program', 'index', 'mesh', 'plugins', 'testing', 'generator/mesh/shape-transform'];
/** Stay as they are compiled: the program starts there, and what follows does not load on an older Node. */
const kept = new Set(['cli/main.js', 'cli/node-problem.js']);

interface Manifest {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/**
 * Puts the compiled package and the libraries that it runs on into few files, below `bundle/`: a process starts in half
 * the time when it does not look up a thousand files (ADR 0016). Peers stay outside, since a project brings its own
 * copy; so does pino, which loads files by their names. The modules of `entries` stay where they were, and point into
 * the bundle. The shipped config lies beside them as a project has it, for `init` and for the image: with imports of
 * the sources it would load a second copy of the core.
 * @param dist the compiled package; its modules are removed, all but `entries`, {@link kept} and the pages
 */
export async function bundle(dist: string): Promise<void> {
  const { peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
  const outside = [...Object.keys(peerDependencies), 'pino', 'pino-pretty', '@clack/prompts'];
  // All entries in one build, so that they share one copy of each class: `instanceof` between two copies is false.
  const build = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name.replaceAll('/', '-'), `${dist}/${name}.js`])),
    platform: 'node',
    // Of this checkout, wherever the compiled package lies.
    resolve: { modules: ['node_modules', resolve('node_modules')] },
    external: (id) => outside.some((name) => id === name || id.startsWith(`${name}/`)),
    plugins: [ownAddress(dist), licenceNotices() as unknown as Plugin],
  });
  await build.write({ dir: `${dist}/bundle`, format: 'esm', sourcemap: true, chunkFileNames: '[name]-[hash].js' });
  await build.close();
  for (const file of globSync('**/*.js', { cwd: dist, exclude: ['bundle/**', 'pages/**'] })) {
    if (!kept.has(file)) rmSync(`${dist}/${file}`);
  }
  for (const name of entries) writeFileSync(`${dist}/${name}.js`, pointer(name, dist));
  writeFileSync(`${dist}/gateway.config.ts`, asProjectConfig(readFileSync('gateway.config.ts', 'utf8')));
}

/** `import.meta.url` of a module stays the address of the compiled file: paths are found from there. */
function ownAddress(dist: string): Plugin {
  return {
    name: 'own-address',
    transform(code, id) {
      if (!code.includes('import.meta.url') || id.includes('node_modules')) return null;
      const place = JSON.stringify(`../${relative(dist, id)}`);
      return { code: code.replaceAll('import.meta.url', `new URL(${place}, import.meta.url).href`), map: null };
    },
  };
}

/**
 * A module at the old path of an entry. `export *` leaves the default export out, so it is named where there is one.
 */
function pointer(name: string, dist: string): string {
  const depth = name.split('/').length - 1;
  const target = `${depth === 0 ? './' : '../'.repeat(depth)}bundle/${name.replaceAll('/', '-')}.js`;
  const hasDefault = /export \{[^}]*\bas default\b/.test(
    readFileSync(`${dist}/bundle/${name.replaceAll('/', '-')}.js`, 'utf8'),
  );
  return `export * from '${target}';\n${hasDefault ? `export { default } from '${target}';\n` : ''}`;
}
