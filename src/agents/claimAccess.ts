import type { ClaimAccess } from './agent.js';

const URL_VARIABLE = 'STORYLOOP_REPORT_URL';
const TOKEN_VARIABLE = 'STORYLOOP_REPORT_TOKEN';

/** What an attempt's processes find in their environment. */
export function claimEnvironment(access: ClaimAccess | undefined): Record<string, string> {
  return access ? { [URL_VARIABLE]: access.url, [TOKEN_VARIABLE]: access.token } : {};
}

/** The same, read back; undefined outside an attempt. */
export function claimAccessOf(env: NodeJS.ProcessEnv): ClaimAccess | undefined {
  const [url, token] = [env[URL_VARIABLE], env[TOKEN_VARIABLE]];
  return url && token ? { url, token } : undefined;
}

/** How a configuration refers to the credential without holding it. */
export const tokenReference = `\${${TOKEN_VARIABLE}}`;
