import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

/** Emits `licences.txt`: the notice of every package whose code is in the bundle. Most licences ask for that. */
export function licenceNotices(): Plugin {
  return {
    name: 'licence-notices',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
      const folders = new Set(modules.flatMap((id) => packageFolder(id) ?? []));
      const notices = [...folders].map(noticeOf).sort();
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: notices.join(`\n${'-'.repeat(72)}\n\n`) });
    },
  };
}

/**
 * The folder of the package that a module belongs to: the nearest one below `node_modules` with a name and a version.
 * Folders inside packages may have a package.json with a `type` alone.
 * @returns undefined for our own modules and for those that a plugin made up
 */
function packageFolder(id: string): string | undefined {
  // Plugins mark their modules with a NUL in front, and add queries.
  const file = id.replace(/^\0/, '').split('?')[0] ?? '';
  if (!file.includes('node_modules')) return undefined;
  for (let folder = dirname(file); folder.includes('node_modules'); folder = dirname(folder)) {
    if (readManifest(folder)?.version !== undefined) return folder;
  }
  return undefined;
}

function readManifest(folder: string): { name?: string; version?: string; license?: string } | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

/** Name, version and licence of a package, and the text of its licence file where it has one. */
function noticeOf(folder: string): string {
  const { name, version, license } = readManifest(folder) ?? {};
  const [file] = globSync('{LICENSE,LICENCE,License,license}*', { cwd: folder }).sort();
  const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  return `${name} ${version}, ${license ?? 'see the package'}\n${text}`;
}
