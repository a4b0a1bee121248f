import { isJsonObject } from '../../plugins/noetl/json-object.ts';
import { detailError, ok, type SeenRequest, type StandInReply } from './exchange.ts';

/** A credential, with its secret. */
export interface StandInCredential {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** One credential with a secret, so that tests see that no caller gets it. */
export const sampleCredentials: readonly StandInCredential[] = [
  { id: '1', name: 'pg_auth', type: 'postgres', data: { db_host: 'postgres', db_password: 'pg-s3cr3t' } },
];

interface Credentials {
  readonly credentials: StandInCredential[];
}

const time = '2026-01-26T08:00:00+00:00';

/** A credential as NoETL answers one; without `include_data` its secret is null. */
const shape = ({ id, name, type, data }: StandInCredential, withData: boolean): Record<string, unknown> => ({
  id,
  name,
  meta: null,
  tags: null,
  description: null,
  created_at: time,
  updated_at: time,
  data: withData ? data : null,
  type,
});

/** `GET /api/credentials`. */
export const listCredentials = ({ credentials }: Credentials): StandInReply =>
  ok({ items: credentials.map((one) => shape(one, false)), filter: { type: null, q: null } });

/** `POST /api/credentials`: writes over one of the same name. */
export function saveCredential({ credentials }: Credentials, { body }: SeenRequest): StandInReply {
  const { name, type, credential_type: documented, data } = body as Record<string, unknown>;
  const index = credentials.findIndex((one) => one.name === name);
  const id = index < 0 ? String(credentials.length + 1) : (credentials[index]?.id ?? '');
  const made = { id, name: String(name), type: String(documented ?? type), data: isJsonObject(data) ? data : {} };
  credentials.splice(index < 0 ? credentials.length : index, index < 0 ? 0 : 1, made);
  return ok(shape(made, false));
}

/** `GET` and `DELETE` of one, by id or name. */
export function credentialRoute({ credentials }: Credentials, name: string, request: SeenRequest): StandInReply {
  const index = credentials.findIndex((one) => one.name === name || one.id === name);
  const found = credentials[index];
  if (found === undefined) return detailError(404, 'Credential not found');
  if (request.method === 'GET') return ok(shape(found, request.query.get('include_data') === 'true'));
  if (request.method !== 'DELETE') return detailError(405, 'Method Not Allowed');
  credentials.splice(index, 1);
  return ok({ message: 'Credential deleted successfully', id: found.id });
}
