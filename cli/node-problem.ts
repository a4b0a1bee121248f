/** The oldest Node that runs the package, as `engines` of the manifest has it. */
const needed = { major: 22, minor: 19 } as const;

/** Why a Node cannot run this program, and what to do; undefined when it can. @param version such as `24.1.0` */
export function nodeProblem(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > needed.major || (major === needed.major && minor >= needed.minor)) return undefined;
  return `noetl-gateway: this is Node ${version}, and Node ${needed.major}.${needed.minor} or newer is needed: install it, or put it first in PATH`;
}
