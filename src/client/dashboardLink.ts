import { ticketAnswer } from '../events/frames.js';
import { err, ok, type Result } from '../primitives/result.js';
import type { Discovery } from '../session/discovery.js';

const answerWithinMs = 5_000;

/** A link that opens the dashboard in a browser, once and within a minute; or why there is none. */
export async function dashboardLink({ host, port, token }: Discovery): Promise<Result<string, string>> {
  try {
    const response = await fetch(`http://${host}:${port}/api/tickets`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: '{}',
      signal: AbortSignal.timeout(answerWithinMs),
    });
    const answer = ticketAnswer.safeParse(await response.json());
    if (response.ok && answer.success) return ok(answer.data.url);
    return err(
      response.status === 404
        ? 'The hub is of an older version without a dashboard for browsers. Update Storyloop where it runs.'
        : `The hub gave no link to the dashboard (${response.status}).`,
    );
  } catch (error) {
    return err(`The hub did not answer: ${error instanceof Error ? error.message : String(error)}`);
  }
}
