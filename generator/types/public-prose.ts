/** Of a description, characters: longer ones are cut, with an ellipsis. */
const maxLength = 500;

/** Sections of a docstring that are for programmers of the server. */
const programmersSection =
  /^\s*(?:args|arguments|parameters|params|returns?|raises|yields|notes?|examples?|todo|see also|attributes)\s*:?\s*$/i;

/**
 * Marks of a sentence about the inside of the upstream: addresses, file and module names, places of
 * data, names of programs behind it, and words for secrets.
 */
const internals: readonly RegExp[] = [
  /\w+:\/\//,
  /\b\d{1,3}(?:\.\d{1,3}){3}\b/,
  /\b[\w-]+\.(?:svc|cluster|local|internal)\b/i,
  /\b\w+(?:\.\w+){2,}\b/,
  /(?:^|\s)\/?(?:[\w.-]+\/)+[\w.-]+\.\w{1,5}\b/,
  /\b(?:postgres\w*|psycopg|nats|jetstream|clickhouse|redis|kubernetes|k8s|kubectl|pods?|docker|uvicorn|fastapi|pydantic|sqlalchemy)\b/i,
  /\b(?:select|insert|update|delete)\b.*\b(?:from|into|set)\b/i,
  /\b(?:tables?|columns?|schemas?|quer(?:y|ies)) (?:of|in) the database\b|\bdatabase (?:table|column|schema)\b/i,
  /\b(?:password|secret|credential|api[ _-]?key|private key|bearer)s?\b/i,
  /\b(?:todo|fixme|hack|xxx)\b/i,
];

/**
 * What callers may read of a description in the document: its first paragraph, without the sentences that are about the
 * inside of the upstream.
 * @returns undefined when nothing is left
 */
export function publicProse(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const sentences = firstParagraph(text).split(/(?<=[.!?])\s+/);
  const open = sentences.filter((sentence) => !internals.some((mark) => mark.test(sentence)));
  const prose = open.join(' ').replace(/\s+/g, ' ').trim();
  if (prose === '') return undefined;
  return prose.length > maxLength ? `${prose.slice(0, maxLength - 1).trimEnd()}…` : prose;
}

function firstParagraph(text: string): string {
  const lines: string[] = [];
  for (const line of text
    .replaceAll(/```[\s\S]*?(?:```|$)/g, '')
    .trim()
    .split('\n')) {
    if (line.trim() === '' || programmersSection.test(line)) break;
    lines.push(line.replace(/^#+\s*/, '').trim());
  }
  return lines.join(' ');
}
