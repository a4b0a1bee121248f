/** Causes of errors are looked through this deep. */
const maxCauses = 5;

/** Codes of sockets, names and certificates, of Node and of undici; not those of this project. */
const ofSystem = /^(?:(?!ERR_)|ERR_TLS_|ERR_SSL_)[A-Z][A-Z0-9_]{2,60}$/;

/** Texts of clients that have no code, and what they are named here. */
const texts: readonly (readonly [pattern: RegExp, code: string])[] = [
  [/WRONGPASS|NOAUTH|authorization violation|authentication/i, 'AUTHENTICATION'],
  [/NOPERM|permissions violation/i, 'PERMISSION'],
  [/READONLY/, 'READONLY'],
  [/OOM command not allowed/, 'OUT_OF_MEMORY'],
  [/LOADING|MASTERDOWN|CLUSTERDOWN/, 'NOT_READY'],
  [/jetstream is not enabled|jetstream not enabled/i, 'JETSTREAM_OFF'],
  [/timed? ?out/i, 'TIMEOUT'],
];

/**
 * Names what is wrong with a connection by a code, `ECONNREFUSED` for example: that of the first error in the chain of causes
 * that has one of the system, else what its text is known for, else `OTHER`. No text from outside is part of it.
 */
export function problemCode(error: unknown): string {
  let known: string | undefined;
  let at: unknown = error;
  for (let depth = 0; depth < maxCauses && at instanceof Error; depth += 1) {
    const code: unknown = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && ofSystem.test(code)) return code;
    known ??= codeOfText(at);
    at = at.cause;
  }
  return known ?? 'OTHER';
}

function codeOfText({ name, message }: Error): string | undefined {
  if (name === 'TimeoutError') return 'TIMEOUT';
  return texts.find(([pattern]) => pattern.test(message))?.[1];
}
