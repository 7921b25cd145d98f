/**
 * Where a client stands. Pure: what to do follows from the state that is entered.
 *
 *     idle ─ start ─► connecting ─ opened ─► open
 *                      ▲    │ lost             │ lost
 *               elapsed │    ▼                 │
 *                      └─ waiting ◄────────────┘          anything ─ stop ─► stopped
 */
export type ConnectionState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | { readonly kind: 'open' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'stopped' };

export type ConnectionInput = 'start' | 'opened' | 'lost' | 'elapsed' | 'stop';

const firstDelayMs = 250;
/** The hub is on this machine: to ask costs little, and whoever takes over should not be waited for. */
const longestDelayMs = 2_000;

/** The state after `input`; the same object when the input means nothing there. `random` is in [0, 1). */
export function nextConnection(state: ConnectionState, input: ConnectionInput, random: number): ConnectionState {
  if (state.kind === 'stopped') return state;
  switch (input) {
    case 'start':
      return state.kind === 'idle' ? { kind: 'connecting', attempt: 1 } : state;
    case 'opened':
      return state.kind === 'connecting' ? { kind: 'open' } : state;
    case 'lost':
      if (state.kind === 'connecting') return waiting(state.attempt, random);
      return state.kind === 'open' ? waiting(0, random) : state;
    case 'elapsed':
      return state.kind === 'waiting' ? { kind: 'connecting', attempt: state.attempt + 1 } : state;
    case 'stop':
      return { kind: 'stopped' };
  }
}

/** Doubling, with jitter over half of it, so that many clients of a hub that went do not come back as one. */
function waiting(attempt: number, random: number): ConnectionState {
  const delay = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 16));
  return { kind: 'waiting', attempt, delayMs: Math.round(delay * (0.5 + random / 2)) };
}
