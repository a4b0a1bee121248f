/** The text in place of a secret, or of a text that may be one. */
const scrubbed = '[redacted]';

/** Ends of the names of members, parameters and cookies that hold secrets. */
const names = 'token|secret|password|passwd|api_?keys?|secret_?key|private_?key|access_?key|jwt|authorization|cookie';

const named = (rest: string) => new RegExp(`((?:${names})${rest}`, 'gi');

/** Cheap test for words that the rules below look for; with the test for long runs it lets nearly every line pass. */
const suspicious = new RegExp(`eyJ|bearer|basic|dpop|session-|/cb/|://|${names}`, 'i');

/**
 * In this order: members of JSON, members of JSON inside of a text, queries and forms, JWTs, headers, session tokens,
 * addresses of callbacks, credentials in URLs. Each is linear: what it repeats, it repeats over one class of characters
 * up to a fixed end.
 */
const rules: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [named(String.raw`"\s*:\s*)"(?:[^"\\]|\\.)*"`), `$1"${scrubbed}"`],
  [named(String.raw`\\+"\s*:\s*\\+")[^"\\]+`), `$1${scrubbed}`],
  [named(String.raw`=)[^\s&"',;\\]+`), `$1${scrubbed}`],
  [/\beyJ[\w-]*(?:\.[\w-]*){1,4}/g, scrubbed],
  [/\b(bearer|basic|dpop)\s+[^\s"',\\]+/gi, `$1 ${scrubbed}`],
  [/\bnoetl-session-[\w.-]+/g, scrubbed],
  [/\/cb\/[\w-]+/g, `/cb/${scrubbed}`],
  [/(:\/\/)[^\s/"\\]{1,1024}@/g, `$1${scrubbed}@`],
];

/** Shorter runs are words and numbers; a token of 120 bits has 20 characters in base64url. */
const minRun = 20;
const longRun = /[\w-]{20,}/g;
/** Ids that look like secrets and are not. */
const shown = /"(?:requestId|callerRequestId|executionId|traceId)":"$/;
const longestShown = '"callerRequestId":"'.length;

/**
 * The text without anything that looks like a token: JWTs, credentials of headers and URLs, callback secrets, values
 * named like secrets, and unbroken runs of letters with digits (20 or more). UUIDs, numbers and words stay. All
 * patterns are fixed and linear.
 */
export function scrub(text: string): string {
  if (isPlain(text)) return text;
  // The known forms first: their replacement is not a run, and stays.
  const clean = scrubKnown(text);
  return clean.replace(longRun, (run, offset: number) => {
    // A name such as `data-quality-report-2026` is a run, too; only a piece without a dash can be random.
    if (!run.split(/[_-]/).some(looksRandom)) return run;
    return shown.test(clean.slice(Math.max(0, offset - longestShown), offset)) ? run : scrubbed;
  });
}

/** Whether no part of the text can be a token, so that {@link scrub} changes nothing in it, nor in a part of it. */
export const isPlain = (text: string): boolean => !hasLongRun(text) && !suspicious.test(text);

/** The text without tokens of a known form; random runs stay. For ids and catalog paths, which may be such runs. */
export function scrubKnown(text: string): string {
  if (!suspicious.test(text)) return text;
  let clean = text;
  for (const [pattern, replacement] of rules) clean = clean.replace(pattern, replacement);
  return clean;
}

function looksRandom(piece: string): boolean {
  return piece.length >= minRun && /\d/.test(piece) && /[A-Za-z]/.test(piece);
}

/** Whether there is an unbroken run of `minRun` letters and digits; reads one character in twenty where there is no run. */
function hasLongRun(text: string): boolean {
  let end = minRun - 1;
  while (end < text.length) {
    let at = end;
    while (at > end - minRun && isAlphanumeric(text.charCodeAt(at))) at -= 1;
    if (at === end - minRun) return true;
    end = at + minRun;
  }
  return false;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}
