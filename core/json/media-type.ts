/**
 * Whether a `Content-Type` says JSON, with or without parameters. Nothing else counts: a form or plain text is what
 * another site can send with a caller's cookie, without asking first.
 */
export function isJsonMediaType(contentType: string | null | undefined): boolean {
  return contentType?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}
