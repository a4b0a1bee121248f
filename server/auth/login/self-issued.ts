import type { LoginOption } from '../../../core/config/resolved-config.ts';
import type { LoginBackend } from '../../../core/ports.ts';

/** Whether people's sessions are known to the gateway alone, so that no validator is asked about them. */
export const isSelfIssued = (login: LoginOption): boolean =>
  login.kind === 'local' || (login.kind === 'custom' && login.revalidate === false);

/** A backend of the config's own whose sessions are not checked again. */
export function selfIssuing(backend: LoginBackend): LoginBackend {
  return {
    async login(...given) {
      const result = await backend.login(...given);
      if (result.outcome !== 'authenticated') return result;
      return { ...result, session: { ...result.session, selfIssued: true } };
    },
  };
}
