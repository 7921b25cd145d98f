import type { FeedEntry } from './feed.js';
import type { Subscription } from './subscription.js';

/** What is made once of a turn's events for all clients with the same subscriptions; forgotten with the turn. */
export class TurnCache<Made> {
  readonly #turns = new WeakMap<readonly FeedEntry[], Map<string, Made>>();

  /**
   * Moves the subscriptions on past the turn. `make` lets them take its events, and is called when nobody else has made
   * the same in the same `form`, or when one of them does not begin with the turn.
   */
  take(turn: readonly FeedEntry[], subscriptions: readonly Subscription[], form: string, make: () => Made): Made {
    const first = turn.find(({ seq }) => seq !== undefined)?.seq;
    if (first !== undefined && subscriptions.some(({ next }) => next !== first)) return make();
    const made = this.#madeOf(turn);
    const interest = form + subscriptions.map((subscription) => subscription.interest).join('');
    let value = made.get(interest);
    if (value === undefined) made.set(interest, (value = make()));
    const last = turn.findLast(({ seq }) => seq !== undefined)?.seq;
    if (last !== undefined) for (const subscription of subscriptions) subscription.next = last + 1;
    return value;
  }

  #madeOf(turn: readonly FeedEntry[]): Map<string, Made> {
    const known = this.#turns.get(turn);
    if (known) return known;
    const made = new Map<string, Made>();
    this.#turns.set(turn, made);
    return made;
  }
}
