// hostd's local API, read only. The token stays in this tab and goes nowhere but into the header.

const KEPT = 'dynascale-token';
const PATIENCE_MS = 10000;

export class ApiError extends Error {
  constructor(status, what) {
    super(what);
    this.status = status;
  }
}

/** A link may bring the token behind '#token=': it is taken out of the address at once. */
export function takeToken(location, history, storage) {
  const found = /^#token=(.+)$/.exec(location.hash);
  if (!found) return;
  storage.setItem(KEPT, decodeURIComponent(found[1]));
  history.replaceState(null, '', location.pathname);
}

export const setToken = (token) => sessionStorage.setItem(KEPT, token);

/** @throws {ApiError} with status 0 when nobody answers. */
export async function get(path, signal) {
  const token = sessionStorage.getItem(KEPT);
  const headers = token ? {Authorization: `Bearer ${token}`} : {};
  const late = AbortSignal.timeout(PATIENCE_MS);
  let answer;
  try {
    answer = await fetch(path, {headers, signal: AbortSignal.any(signal ? [signal, late] : [late])});
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, late.aborted ? 'hostd did not answer in time' : 'hostd does not answer');
  }
  const text = await answer.text();
  let body;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(answer.status, 'hostd answered with something else than JSON');
  }
  if (!answer.ok) throw new ApiError(answer.status, body.error ?? `hostd answered ${answer.status}`);
  return body;
}

export const guestPath = (name, rest = '') => `/v1/guests/${encodeURIComponent(name)}${rest}`;
